#pragma once

#include <cstdint>

namespace strata::control {

// Whether packets of AV1 carry the dependency descriptor. An SSRC that was sent AV1 in one form is
// never sent it in the other: frame numbers and what refers to them are different counters (C10).
enum class Av1Form : std::uint8_t {
    none,  // no AV1
    bare,
    described,
};

}  // namespace strata::control
