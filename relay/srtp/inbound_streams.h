#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "relay/srtp/replay_window.h"

namespace strata::relay {

// What is remembered of the SSRCs of one peer: highest index and replay window each. Bounded; an
// SSRC gets its place only when a packet of it has proved authentic (C38). Allocates in its
// constructor.
class InboundStreams {
  public:
    struct Limits {
        std::size_t max_ssrcs = 32;
        std::size_t window_packets = 1'024;  // rounded up to a power of two, 64 at least
    };
    explicit InboundStreams(const Limits& limits);

    using Window = ReplayWindow<std::span<std::uint64_t>>;
    // The window of `ssrc`; null: nothing authentic came from it yet. Valid until the next
    // SSRC is added.
    const Window* find(std::uint32_t ssrc) const;

    enum class Verdict : std::uint8_t { accepted, replayed, no_room };
    // An authentic packet: is its index still fresh?
    Verdict accept(std::uint32_t ssrc, std::uint64_t index);

    // Where `ssrc` goes on after a restart: `highest` and all before it count as used (C53). False:
    // no room.
    bool restore(std::uint32_t ssrc, std::uint64_t highest);
    // Nobody expects `ssrc` any more, or somebody does again. The first one that nobody expects
    // makes room when there is none; until then its roll-over counter stays known, should it go on.
    void set_expected(std::uint32_t ssrc, bool expected);
    // Other keys: windows begin anew, roll-over counters stay (RFC 3711 section 3.3.1). `from` has
    // the same limits.
    void take_indexes(const InboundStreams& from);

    std::size_t size() const { return count_; }
    std::uint32_t ssrc(std::size_t i) const { return ssrcs_[i]; }
    std::uint64_t highest(std::size_t i) const { return windows_[i].highest(); }

  private:
    std::size_t place_of(std::uint32_t ssrc) const;
    Window* add(std::uint32_t ssrc);

    std::size_t words_;
    std::size_t count_ = 0;
    std::vector<std::uint32_t> ssrcs_;
    std::vector<bool> expected_;
    std::vector<std::uint64_t> bits_;
    std::vector<Window> windows_;
};

}  // namespace strata::relay
