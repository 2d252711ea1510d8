#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

// What must hold for any input; libFuzzer reports the abort with the input that broke it.
#define INVARIANT(condition)            \
    do {                                \
        if (!(condition)) std::abort(); \
    } while (false)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
