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
        : block_(std::make_unique_for_overwrite<Line[]>(spread(bytes) / sizeof(Line))),
          resource_(block_.get(), spread(bytes)) {}

    std::pmr::memory_resource* resource() { return &resource_; }

  private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    // The next odd number of half pages: in blocks of whole pages one after the other, what is
    // asked for first would be in every other page, and use half the places for translations.
    static constexpr std::size_t spread(std::size_t bytes) {
        constexpr std::size_t kHalfPage = 2'048;
        return (bytes + kHalfPage - 1) / (2 * kHalfPage) * (2 * kHalfPage) + kHalfPage;
    }
    std::unique_ptr<Line[]> block_;
    std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace strata::relay
