#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "relay/ice/stun_writer.h"
#include "tests/unit/relay/hex_bytes.h"

// Messages for tests: the samples of RFC 5769, and checks made by hand.
namespace strata::relay {

constexpr std::string_view kSamplePassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr std::string_view kSampleUsername = "evtj:h6vY";

// RFC 5769 section 2.1: a connectivity check.
inline std::vector<std::uint8_t> sample_request() {
    return hex_bytes(
        "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74"
        "00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020"
        "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf");
}

// Sections 2.2 and 2.3: answers to it, for 192.0.2.1 and 2001:db8:1234:5678:11:2233:4455:6677.
inline std::vector<std::uint8_t> sample_answer_v4() {
    return hex_bytes(
        "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
        "00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7"
        "80280004 c07d4c96");
}
inline std::vector<std::uint8_t> sample_answer_v6() {
    return hex_bytes(
        "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
        "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1"
        "1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c");
}

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct CheckFields {
    std::string_view username = "ours:theirs";
    std::string_view password = "password-of-22-letters";
    std::uint8_t transaction = 1;  // its first byte
    bool use_candidate = false;
    bool controlled = false;  // else controlling
    bool integrity = true;
    std::uint16_t unknown = 0;  // an attribute of this type
};

// A connectivity check as a controlling peer sends it.
inline std::vector<std::uint8_t> make_check(const CheckFields& fields) {
    std::vector<std::uint8_t> buffer(512);
    StunWriter writer(buffer, StunClass::request, {fields.transaction, 7, 7});
    writer.username(fields.username);
    writer.priority(0x7e0000ff);
    writer.tie_breaker(
        fields.controlled ? StunAttribute::ice_controlled : StunAttribute::ice_controlling, 42);
    if (fields.use_candidate) writer.use_candidate();
    if (fields.unknown != 0) writer.attribute(static_cast<StunAttribute>(fields.unknown), {});
    if (fields.integrity) writer.message_integrity(HmacSha1Key(as_bytes(fields.password)));
    writer.fingerprint();
    const auto written = writer.written();
    return {written.begin(), written.end()};
}

}  // namespace strata::relay
