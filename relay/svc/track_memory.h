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
        : block_(std::make_unique_for_overwrite<Line[]>((bytes + sizeof(Line) - 1) / sizeof(Line))),
          resource_(block_.get(), bytes) {}

    std::pmr::memory_resource* resource() { return &resource_; }

  private:
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    std::unique_ptr<Line[]> block_;
    std::pmr::monotonic_buffer_resource resource_;
};

}  // namespace strata::relay
