#include "relay/recovery/packet_history.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace strata::relay {

namespace {

std::size_t places_for(std::size_t capacity) { return capacity == 0 ? 0 : std::bit_ceil(capacity); }

}  // namespace

PacketHistory::PacketHistory(std::size_t capacity)
    : capacity_(capacity),
      packets_(places_for(capacity)),
      forms_(packets_.size() * kFormsPerPacket) {}

std::size_t PacketHistory::bytes_for(std::size_t capacity) {
    return places_for(capacity) * (sizeof(Kept) + kFormsPerPacket * sizeof(SentForm));
}

void PacketHistory::put(const Packet& packet, std::span<const SentForm> forms,
                        HistoryIndex& index) {
    assert(!full());
    Kept& kept = packets_[slot(end_)];
    kept.packet = packet;
    kept.forms_begin = forms_end_;
    kept.forms_count = static_cast<std::uint32_t>(std::min(forms.size(), kMaxSentForms));
    for (std::uint32_t i = 0; i < kept.forms_count; ++i)
        forms_[static_cast<std::size_t>(forms_end_++) & (forms_.size() - 1)] = forms[i];
    index.at(packet.n) = static_cast<std::uint32_t>(end_++);
}

void* PacketHistory::take_oldest() {
    if (size() == 0) return nullptr;
    Kept& oldest = packets_[slot(begin_++)];
    void* const reference = oldest.packet.reference;
    oldest.packet = {};
    return reference;
}

std::optional<PacketHistory::Found> PacketHistory::find(const HistoryIndex& index,
                                                        std::uint64_t stream, std::int64_t n,
                                                        std::uint16_t group) const {
    // The index has the low bits of a position that is at most `size()` behind the end.
    const std::uint32_t behind = static_cast<std::uint32_t>(end_) - index.at(n);
    if (behind == 0 || behind > size()) return std::nullopt;
    const Kept& kept = packets_[slot(end_ - behind)];
    if (kept.packet.stream != stream || kept.packet.n != n) return std::nullopt;
    if (forms_end_ - kept.forms_begin > forms_.size()) return std::nullopt;  // overwritten
    for (std::uint32_t i = 0; i < kept.forms_count; ++i) {
        const auto at = static_cast<std::size_t>(kept.forms_begin + i) & (forms_.size() - 1);
        if (forms_[at].group == group) return Found{kept.packet.reference, forms_[at]};
    }
    return std::nullopt;
}

}  // namespace strata::relay
