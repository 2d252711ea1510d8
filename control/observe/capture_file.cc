#include "control/observe/capture_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "control/observe/pcapng.h"
#include "control/observe/words.h"

namespace strata::control {
namespace {

constexpr std::size_t kUdpBytes = 8, kIpv4Bytes = 20, kIpv6Bytes = 40;

void store16(std::uint8_t* at, std::size_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

// RFC 1071.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

// IP and UDP headers as the datagram had them, but for the UDP checksum, which is left out (0): of
// a cut packet nobody could check it, and of a decrypted one it would be wrong.
std::size_t write_headers(const api::ObservedHead& head, std::span<std::uint8_t, 48> to) {
    const bool out = head.direction == api::ObservedDirection::out;
    const auto& source = out ? head.local : head.remote;
    const auto& destination = out ? head.remote : head.local;
    const bool v4 = v4_bytes(head.remote) != nullptr;
    const std::size_t udp_bytes = kUdpBytes + head.wire_bytes;
    std::fill(to.begin(), to.end(), std::uint8_t{0});
    std::uint8_t* udp = to.data() + (v4 ? kIpv4Bytes : kIpv6Bytes);
    if (v4) {  // RFC 791 section 3.1
        to[0] = 0x45;
        store16(&to[2], kIpv4Bytes + udp_bytes);
        to[6] = 0x40;  // DF
        to[8] = 64;
        to[9] = 17;
        std::ranges::copy(std::span(source).last<4>(), &to[12]);
        std::ranges::copy(std::span(destination).last<4>(), &to[16]);
        store16(&to[10], internet_checksum(std::span(to).first(kIpv4Bytes)));
    } else {  // RFC 8200 section 3
        to[0] = 0x60;
        store16(&to[4], udp_bytes);
        to[6] = 17;
        to[7] = 64;
        std::memcpy(&to[8], source.data(), 16);
        std::memcpy(&to[24], destination.data(), 16);
    }
    store16(udp, out ? head.local_port : head.remote_port);
    store16(udp + 2, out ? head.remote_port : head.local_port);
    store16(udp + 4, udp_bytes);
    return (v4 ? kIpv4Bytes : kIpv6Bytes) + kUdpBytes;
}

std::string comment_of(const api::ObservedHead& head) {
    std::string text = fate_words(head.fate);
    if (head.transport != 0) text += "; participant " + id_text(ParticipantId{head.transport});
    if (head.track != 0) text += "; track " + id_text(TrackId{head.track});
    if (head.subscription != 0)
        text += "; subscription " + id_text(SubscriptionId{head.subscription});
    if (head.retransmitted) text += "; retransmission";
    if (head.secure) text += "; SRTP on the wire";
    return text;
}

}  // namespace

std::string selection_words(const ObservationSpec& spec) {
    std::string text = spec.in && spec.out ? "received and sent" : spec.in ? "received" : "sent";
    if (!spec.room.empty()) text += ", room " + spec.room;
    if (spec.participant) text += ", participant " + id_text(*spec.participant);
    if (spec.track) text += ", track " + id_text(*spec.track);
    for (const std::string& drop : spec.drops)
        text += drop == "*" ? ", dropped" : ", dropped: " + drop;
    if (spec.sample > 1) text += ", one packet of " + std::to_string(spec.sample);
    return text;
}

std::string capture_head(const Observations::Observation& observation, const std::string& node) {
    std::string out;
    pcapng::section(out, "strata " STRATA_VERSION,
                    "node " + node + "; " + selection_words(observation.spec) +
                        "; SRTP is shown decrypted; UDP checksums are left out");
    for (std::uint32_t w = 0; w < observation.workers; ++w)
        pcapng::interface(out, "worker " + std::to_string(w),
                          "what the worker received, decrypted, and sent, before encryption");
    return out;
}

void append_packets(std::string& out, std::span<const ObservedPacket> packets,
                    std::int64_t monotonic_to_unix_us) {
    for (const ObservedPacket& packet : packets) {
        std::array<std::uint8_t, 48> headers;
        const std::size_t header_bytes = write_headers(packet.head, headers);
        std::vector<std::uint8_t> bytes(
            headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(header_bytes));
        const std::size_t n = std::min<std::size_t>(packet.head.captured_bytes, packet.tail.size());
        bytes.insert(bytes.end(), packet.tail.begin(),
                     packet.tail.begin() + static_cast<std::ptrdiff_t>(n));
        const std::string comment = comment_of(packet.head);
        const bool in = packet.head.direction == api::ObservedDirection::in;
        pcapng::packet(
            out, {.interface = packet.worker,
                  .unix_us = static_cast<std::uint64_t>(packet.head.at_us + monotonic_to_unix_us),
                  .bytes = bytes,
                  .wire_bytes = static_cast<std::uint32_t>(header_bytes + packet.head.wire_bytes),
                  .direction = in ? pcapng::Direction::inbound : pcapng::Direction::outbound,
                  .comment = comment,
                  .lost = packet.lost_before});
    }
}

std::string capture_end(const Observations::Observation& observation, std::int64_t unix_us) {
    std::string out;
    pcapng::statistics(out, {.interface = 0,
                             .unix_us = static_cast<std::uint64_t>(unix_us),
                             .captured = observation.packets + observation.lost,
                             .lost = observation.lost});
    return out;
}

}  // namespace strata::control
