#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/worker/objects.h"
#include "dataplane/worker/stream_ref.h"

// What a worker's receive() knows of one burst, for as long as it takes.
namespace strata::dataplane {

// Packets of a burst, one behind the other, of one stream; or one packet of none.
constexpr std::uint64_t kNoStream = ~std::uint64_t{0};
struct Train {
    std::uint8_t begin = 0, end = 0;  // of the burst
    bool fetching = false;            // what its track touches
    relay::FrameRest::Guess is;
    const rte_mbuf *first = nullptr, *last = nullptr;
    Transport* transport = nullptr;
    std::uint64_t key = kNoStream;
    // Of the key in Worker::streams_, if the transport doesn't know the stream.
    std::size_t home = 0;
    StreamRef stream;                          // object null: no media, as far as is known
    const InboundEncoding* inbound = nullptr;  // the stream's
};

struct Burst {
    std::span<rte_mbuf* const> packets;
    std::uint8_t port = 0;
    std::uint64_t ended = 0;  // bit i: packet i is done with
    std::uint64_t erasures = 0;
    relay::TimeUs now = 0;
};

// Packets of frames that nobody wants, one behind the other.
struct PassedOver {
    std::size_t packets = 0;
    std::uint64_t bytes = 0;
};

}  // namespace strata::dataplane
