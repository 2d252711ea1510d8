#pragma once

#include <cstdint>
#include <string>

namespace strata::dataplane {

// What a worker is at within a turn, for who looks at one that doesn't get on.
struct WorkStep {
    enum class Kind : std::uint8_t {
        none,     // between turns
        command,  // which: Command::Kind
        timer,    // which: TimerKind
        handed,   // packets of another worker
        port,     // which: number of the port whose packets are received and worked on
        flush,    // which: number of the port that is sent to
    };
    Kind kind = Kind::none;
    std::uint8_t which = 0;
};

// In words.
std::string describe(WorkStep step);

}  // namespace strata::dataplane
