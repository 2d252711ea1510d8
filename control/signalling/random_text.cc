#include "control/signalling/random_text.h"

#include <openssl/rand.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace strata::control {
namespace {

void fill(void* bytes, std::size_t size) {
    if (RAND_bytes(static_cast<unsigned char*>(bytes), static_cast<int>(size)) != 1) std::abort();
}

std::string text_of(std::string_view alphabet, std::size_t length) {
    std::string text(length, '\0');
    fill(text.data(), text.size());
    for (char& c : text) c = alphabet[static_cast<unsigned char>(c) & 63];
    return text;
}

constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kIce =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string random_text(std::size_t length) { return text_of(kUrl, length); }
std::string random_ice_text(std::size_t length) { return text_of(kIce, length); }

std::uint64_t random_number() {
    std::uint64_t number = 0;
    fill(&number, sizeof number);
    return number;
}

}  // namespace strata::control
