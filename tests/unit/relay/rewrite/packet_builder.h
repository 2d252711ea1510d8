#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace strata::relay {

// An RTP packet from its parts, for tests; two-byte extension form as soon as one element needs it.
struct PacketBuilder {
    bool marker = false;
    std::uint8_t payload_type = 96;
    std::uint16_t sequence = 1;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0x11111111;
    std::vector<std::uint32_t> csrcs;
    std::vector<std::pair<std::uint8_t, std::vector<std::uint8_t>>> extensions;  // id, data
    std::vector<std::uint8_t> payload;
    std::uint8_t padding = 0;

    std::vector<std::uint8_t> build() const {
        std::vector<std::uint8_t> out;
        const auto put = [&out](std::uint64_t value, int bytes) {
            for (int i = bytes - 1; i >= 0; --i)
                out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        };
        put(0x80u | (padding != 0 ? 0x20u : 0u) | (extensions.empty() ? 0u : 0x10u) | csrcs.size(),
            1);
        put((marker ? 0x80u : 0u) | payload_type, 1);
        put(sequence, 2);
        put(timestamp, 4);
        put(ssrc, 4);
        for (const std::uint32_t csrc : csrcs) put(csrc, 4);
        if (!extensions.empty()) {
            const std::vector<std::uint8_t> block = extension_block();
            out.insert(out.end(), block.begin(), block.end());
        }
        out.insert(out.end(), payload.begin(), payload.end());
        for (int i = 1; i < padding; ++i) out.push_back(0);
        if (padding != 0) out.push_back(padding);
        return out;
    }

  private:
    std::vector<std::uint8_t> extension_block() const {
        bool two_byte = false;
        for (const auto& [id, data] : extensions)
            two_byte = two_byte || id > 14 || data.empty() || data.size() > 16;
        std::vector<std::uint8_t> body;
        for (const auto& [id, data] : extensions) {
            if (two_byte) {
                body.push_back(id);
                body.push_back(static_cast<std::uint8_t>(data.size()));
            } else {
                body.push_back(static_cast<std::uint8_t>(id << 4 | (data.size() - 1)));
            }
            body.insert(body.end(), data.begin(), data.end());
        }
        while (body.size() % 4 != 0) body.push_back(0);
        const auto words = static_cast<std::uint8_t>(body.size() / 4);
        const std::vector<std::uint8_t> head{static_cast<std::uint8_t>(two_byte ? 0x10 : 0xbe),
                                             static_cast<std::uint8_t>(two_byte ? 0x00 : 0xde), 0,
                                             words};
        body.insert(body.begin(), head.begin(), head.end());
        return body;
    }
};

}  // namespace strata::relay
