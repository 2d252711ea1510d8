#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "bench/generator/packet_io.h"

namespace strata::gen {

// What the generator does to its own packets, from publisher to receiver without a relay or a
// network: part of each report of `bench`.
struct GeneratorCheck {
    std::uint64_t sent = 0, lost = 0, faults = 0;
    std::int64_t bias_p50_us = 0, bias_p99_us = 0;  // latency that isn't the relay's
    double ns_per_packet = 0;                       // of its thread: send, receive and check
    bool ok() const { return sent > 0 && lost == 0 && faults == 0; }
};

// By the same kind of I/O as `io`, which is left alone. Takes about three seconds. Throws IoError.
GeneratorCheck check_generator(const PacketIo& io);
nlohmann::json to_json(const GeneratorCheck& check);

}  // namespace strata::gen
