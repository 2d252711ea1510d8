#include "control/observe/words.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "dataplane/api/statistics.h"

namespace strata::control {
namespace {

template <typename Enum>
std::string reason_text(std::uint8_t reason) {
    return reason < static_cast<std::uint32_t>(Enum::kCount) ? name(static_cast<Enum>(reason))
                                                             : "unknown";
}

}  // namespace

std::string counted(std::uint64_t count, const char* noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

const std::uint8_t* v4_bytes(const std::array<std::uint8_t, 16>& address) {
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool mapped = std::equal(kMapped.begin(), kMapped.end(), address.begin());
    return mapped ? address.data() + kMapped.size() : nullptr;
}

std::string address_text(const std::array<std::uint8_t, 16>& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (const std::uint8_t* v4 = v4_bytes(address))
        inet_ntop(AF_INET, v4, text, sizeof text);
    else
        inet_ntop(AF_INET6, address.data(), text, sizeof text);
    return text;
}

std::string observed_address(const std::array<std::uint8_t, 16>& address, std::uint16_t port) {
    const std::string text = address_text(address);
    return (v4_bytes(address) != nullptr ? text : "[" + text + "]") + ":" + std::to_string(port);
}

std::string class_words(api::ObservedClass packet_class) {
    switch (packet_class) {
        case api::ObservedClass::stun: return "STUN";
        case api::ObservedClass::zrtp: return "ZRTP";
        case api::ObservedClass::dtls: return "DTLS";
        case api::ObservedClass::turn_channel: return "TURN channel data";
        case api::ObservedClass::rtp: return "RTP";
        case api::ObservedClass::rtcp: return "RTCP";
        case api::ObservedClass::unknown: break;
    }
    return "no protocol that is known here";
}

std::string fate_words(const api::Fate& fate) {
    using api::ObservedFate;
    switch (fate.fate) {
        case ObservedFate::forwarded:
            if (fate.count == 0) return "forwarded by other workers alone";
            return "forwarded to " + counted(fate.count, "receiver");
        case ObservedFate::consumed: return "consumed";
        case ObservedFate::punted: return "handed to the control process";
        case ObservedFate::dropped: return "dropped: " + reason_text<api::RxDrop>(fate.reason);
        case ObservedFate::sent: return "sent";
        case ObservedFate::queued:
            return "queued: " + counted(fate.count, "packet") + " waited for the port";
        case ObservedFate::held: return "held: the next hop's address isn't known yet";
        case ObservedFate::tx_dropped: return "tx drop: " + reason_text<api::TxDrop>(fate.reason);
        case ObservedFate::unclear:
            return "left the queue, of which the port refused " + counted(fate.count, "packet") +
                   " in that turn";
        case ObservedFate::made: return "made by the relay, queued";
    }
    return "unknown";
}

}  // namespace strata::control
