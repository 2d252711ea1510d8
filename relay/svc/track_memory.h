#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

namespace strata::relay {

// Where what a packet of one track touches lies: next to one another. A thousand tracks in turn
// have more pages in use than a core keeps translations for, and a look at a page that it has none
// for takes longer than one at a cache line: so few pages a track count, not only few lines. What
// is asked for first lies first. Main thread.
class TrackMemory {
  public:
    // What goes beyond `bytes` comes from elsewhere.
    explicit TrackMemory(std::size_t bytes)
        : block_(std::make_unique_for_overwrite<Page[]>(pages(bytes))),
          resource_(block_.get(), pages(bytes) * sizeof(Page)) {}

    std::pmr::memory_resource* resource() { return &resource_; }

  private:
    struct alignas(4'096) Page {
        std::byte bytes[4'096];
    };
    // An odd number: in blocks of an even one behind one another, what is asked for first would be
    // in every other page, and use half the places for translations.
    static constexpr std::size_t pages(std::size_t bytes) {
        return (bytes + sizeof(Page) - 1) / sizeof(Page) | 1;
    }
    std::unique_ptr<Page[]> block_;
    std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace strata::relay
