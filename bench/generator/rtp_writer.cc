#include "bench/generator/rtp_writer.h"

#include <algorithm>

#include "relay/rtp/byte_order.h"

namespace strata::gen {
namespace {

void append_extensions(std::span<const ExtensionElement> elements, std::vector<std::uint8_t>& out) {
    const bool one_byte = std::ranges::all_of(elements, [](const ExtensionElement& e) {
        return e.id <= 14 && !e.data.empty() && e.data.size() <= 16;
    });
    const std::size_t at = out.size();
    out.resize(at + 4);
    for (const ExtensionElement& e : elements) {
        if (one_byte) {
            out.push_back(static_cast<std::uint8_t>(e.id << 4 | (e.data.size() - 1)));
        } else {
            out.push_back(e.id);
            out.push_back(static_cast<std::uint8_t>(e.data.size()));
        }
        out.insert(out.end(), e.data.begin(), e.data.end());
    }
    while ((out.size() - at) % 4 != 0) out.push_back(0);
    relay::store_be16(&out[at], one_byte ? 0xBEDE : 0x1000);
    relay::store_be16(&out[at + 2], static_cast<std::uint16_t>((out.size() - at) / 4 - 1));
}

}  // namespace

std::vector<std::uint8_t> write_rtp(const RtpFields& fields,
                                    std::span<const ExtensionElement> extensions,
                                    std::span<const std::uint8_t> payload) {
    std::vector<std::uint8_t> out(12);
    out.reserve(12 + 8 + payload.size() + extensions.size() * 20);
    out[0] = extensions.empty() ? 0x80 : 0x90;
    out[1] = static_cast<std::uint8_t>((fields.marker ? 0x80 : 0) | fields.payload_type);
    relay::store_be16(&out[2], fields.sequence);
    relay::store_be32(&out[4], fields.timestamp);
    relay::store_be32(&out[8], fields.ssrc);
    if (!extensions.empty()) append_extensions(extensions, out);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

}  // namespace strata::gen
