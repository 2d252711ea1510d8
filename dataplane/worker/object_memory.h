#pragma once

#include <cstdint>

namespace strata::dataplane {

// What an object takes of memory when control has it made, all told: a worker's and what the main
// thread knows of it, in bytes, as measured. None of it is allocated for a packet.
struct ObjectMemory {
    std::uint64_t peer = 1'400;           // plain; of WebRTC with keys and an ICE agent besides
    std::uint64_t audio_track = 110'000;  // with room for the first receivers, as the next
    std::uint64_t video_track = 410'000;  // three encodings
    std::uint64_t receiver = 4'600;       // of one track, with its part of the spare room there
};

}  // namespace strata::dataplane
