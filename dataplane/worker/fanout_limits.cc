#include <algorithm>

#include "dataplane/port/link_limit.h"
#include "dataplane/worker/fanout.h"
#include "dataplane/worker/secure_transport.h"
#include "relay/srtp/framing.h"

// Receivers whose paths take less than their port sends. Where nobody's does, and for packets that
// fit everywhere, a comparison for each output.
namespace strata::dataplane {
namespace {

std::uint32_t size_of(const relay::Output& output) {
    return std::uint32_t{output.header.size} + output.payload_size;
}

bool fits(LinkKind kind, const relay::Output& output, const relay::ReceiverSlot& slot) {
    const std::uint16_t limit = link_limit(kind, slot.link);
    if (limit == 0) return true;
    std::uint32_t size = size_of(output);
    if (slot.seal) {
        const auto& leg = *static_cast<const SecureLeg*>(slot.seal);
        if (leg.keys) size += static_cast<std::uint32_t>(relay::tag_size(leg.keys->profile()));
    }
    return size <= limit;
}

}  // namespace

void FanOut::limit_link(Link& link, std::uint16_t bytes) {
    set_link_limit(link_kind_, link, bytes);
    least_limit_ = std::min(least_limit_, bytes);
}

bool FanOut::fit_links(std::span<const relay::Output> outputs) const {
    return std::ranges::all_of(outputs, [this](const relay::Output& output) {
        if (size_of(output) + relay::kMaxSrtpTag <= least_limit_) return true;
        return std::ranges::all_of(output.receivers, [&](const relay::ReceiverSlot& slot) {
            return fits(link_kind_, output, slot);
        });
    });
}

// Runs of receivers that it fits are sent it, each as an output of its own.
void FanOut::send_where_it_fits(rte_mbuf& packet, std::span<const relay::Output> outputs,
                                const Burst& burst) {
    for (relay::Output output : outputs) {
        std::span<relay::ReceiverSlot> rest = output.receivers;
        while (!rest.empty()) {
            const bool sent = fits(link_kind_, output, rest.front());
            const auto end = std::ranges::find_if(
                rest, [&](const auto& slot) { return fits(link_kind_, output, slot) != sent; });
            const auto n = static_cast<std::size_t>(end - rest.begin());
            output.receivers = rest.first(n);
            rest = rest.subspan(n);
            if (sent) {
                send(packet, {&output, 1}, burst.tx_class, burst.now);
                continue;
            }
            counters_.selected += n;
            counters_.too_large += n;
        }
    }
}

}  // namespace strata::dataplane
