#include "dataplane/worker/observer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/port/tx_queue.h"

namespace strata::dataplane {
namespace {

std::uint64_t word_of(const api::Fate& fate) {
    std::uint64_t word;
    std::memcpy(&word, &fate, sizeof word);
    return word;
}

constexpr std::uint32_t bit_of(api::TxDrop reason) { return 1u << static_cast<unsigned>(reason); }

constexpr api::Fate tx_dropped(api::TxDrop reason) {
    return {.fate = api::ObservedFate::tx_dropped, .reason = static_cast<std::uint8_t>(reason)};
}

}  // namespace

Observer::Observer(api::ObservationLog& log, std::span<const Observation> observations)
    : log_(log) {
    pending_.reserve(kMaxPending);
    for (Countdown* until : {&until_in_, &until_out_, &until_dropped_in_, &until_dropped_out_})
        until->fill(1);
    for (const Observation& o : observations) {
        observations_[o.slot] = o;
        const auto bit = static_cast<std::uint8_t>(1u << o.slot);
        if (o.in || o.trace) in_ |= bit;
        if (o.out && !o.trace) out_ |= bit;
        if (o.trace) traces_ |= bit;
        if (o.anyone) anyone_ |= bit;
        if (o.by_drop) by_drop_ |= bit;
        const std::uint32_t later = bit_of(api::TxDrop::tx_late) | bit_of(api::TxDrop::unresolved);
        if (o.by_drop && o.out && (o.tx_drops & later) != 0) followed_.reserve(kMaxFollowed);
    }
}

void Observer::continue_from(const Observer& before) {
    for (Observation& o : observations_) {
        const Observation& old = before.observations_[o.slot];
        if (o.id == 0 || o.id != old.id) continue;
        o = old;
        until_in_[o.slot] = before.until_in_[o.slot];
        until_out_[o.slot] = before.until_out_[o.slot];
        until_dropped_in_[o.slot] = before.until_dropped_in_[o.slot];
        until_dropped_out_[o.slot] = before.until_dropped_out_[o.slot];
        if (o.packets == 0) end(o.slot);
    }
    for (const Followed& f : before.followed_)
        if (observations_[f.slot].id == before.observations_[f.slot].id &&
            followed_.size() < std::min(kMaxFollowed, followed_.capacity()))
            followed_.push_back(f);
}

void Observer::begin(relay::TimeUs now) {
    for (Observation& o : observations_)
        if (o.id != 0 && o.until_us == 0) o.until_us = now + o.duration_us;
}

void Observer::end(std::uint8_t slot) {
    const auto others = static_cast<std::uint8_t>(~(1u << slot));
    observations_[slot].packets = 0;
    in_ &= others;
    out_ &= others;
    traces_ &= others;
    anyone_ &= others;
    by_drop_ &= others;
}

std::uint8_t Observer::sample_any(unsigned bits, Countdown& until) {
    unsigned taken = bits & by_drop_;
    for (unsigned left = bits & ~unsigned{by_drop_}; left != 0; left &= left - 1) {
        const auto slot = static_cast<unsigned>(std::countr_zero(left));
        if (--until[slot] != 0) continue;
        until[slot] = observations_[slot].sample;
        taken |= 1u << slot;
    }
    return static_cast<std::uint8_t>(taken);
}

bool Observer::wants(std::uint8_t slot, const api::Fate& fate) {
    Observation& o = observations_[slot];
    if (!o.by_drop) return true;
    const bool rx = fate.fate == api::ObservedFate::dropped && (o.rx_drops >> fate.reason & 1) != 0;
    const bool tx =
        fate.fate == api::ObservedFate::tx_dropped && (o.tx_drops >> fate.reason & 1) != 0;
    if (!rx && !tx) return false;
    std::uint32_t& until = rx ? until_dropped_in_[slot] : until_dropped_out_[slot];
    if (--until != 0) return false;
    until = o.sample;
    return true;
}

bool Observer::write(std::uint8_t slot, std::size_t tail_bytes, relay::TimeUs now,
                     std::uint64_t& position) {
    Observation& o = observations_[slot];
    if (o.packets == 0 || now >= o.until_us) {
        end(slot);
        return false;
    }
    // The one that goes beyond its bytes is written: the reader sees by it that this is the end.
    --o.packets;
    o.bytes -= std::min<std::uint64_t>(o.bytes, o.trace ? 0 : tail_bytes);
    api::ObservedHead& h = head();
    h.words = static_cast<std::uint32_t>((sizeof h + tail_bytes + 7) / 8);
    // Nothing of another record behind it.
    if (const std::size_t in_last = tail_bytes % 8; in_last != 0)
        record_[h.words - 1] &= ~std::uint64_t{0} >> (64 - 8 * in_last);
    h.observation = o.id;
    position = log_.append(std::span(record_).first(h.words));
    written_ = true;
    if (o.packets == 0 || o.bytes == 0) end(slot);
    return true;
}

void Observer::await(const Pending& pending) {
    if (pending_.size() == kMaxPending) {  // told now, as far as is known
        for (const Pending& earlier : pending_) resolve(earlier);
        pending_.clear();
    }
    pending_.push_back(pending);
}

void Observer::resolve(const Pending& p) {
    const auto behind = static_cast<std::int32_t>(p.mark - p.queue->left());
    const std::uint32_t waiting =
        behind > 0 ? std::min(static_cast<std::uint32_t>(behind), p.packets) : 0;
    if (p.in_trace) {
        log_.set_word(p.position, std::uint64_t{waiting} << 32 | (p.packets - waiting));
        return;
    }
    const std::uint64_t refused = p.queue->counters().errors - p.refused;
    api::Fate fate{.fate = api::ObservedFate::sent};
    if (waiting != 0)
        fate = {.fate = api::ObservedFate::queued, .count = p.queue->queued()};
    else if (p.queue->expired(p.mark))
        fate = tx_dropped(api::TxDrop::tx_late);
    else if (refused != 0)
        fate = {.fate = api::ObservedFate::unclear, .count = static_cast<std::uint32_t>(refused)};
    log_.set_word(p.position, word_of(fate));
}

bool Observer::follows(std::uint8_t slot, const api::Fate& fate) const {
    const Observation& o = observations_[slot];
    if (!o.by_drop || followed_.size() >= std::min(kMaxFollowed, followed_.capacity()))
        return false;
    if (fate.fate == api::ObservedFate::queued)
        return (o.tx_drops & bit_of(api::TxDrop::tx_late)) != 0;
    return fate.fate == api::ObservedFate::held &&
           (o.tx_drops & bit_of(api::TxDrop::unresolved)) != 0;
}

void Observer::follow(std::uint8_t slot, std::size_t tail_bytes, const Later& later) {
    followed_.push_back({slot, tail_bytes, later, record_});
}

// "queued" and "held" as long as it isn't known.
api::Fate Observer::fate_of(const Later& later) {
    const TxQueue& queue = *later.queue;
    if (later.held) {
        switch (queue.port().held_fate(queue.queue(), later.number)) {
            case HeldFate::waiting: return {.fate = api::ObservedFate::held};
            case HeldFate::sent: return {.fate = api::ObservedFate::sent};
            case HeldFate::dropped: return tx_dropped(api::TxDrop::unresolved);
        }
    }
    if (static_cast<std::int32_t>(later.number - queue.left()) > 0)
        return {.fate = api::ObservedFate::queued};
    return queue.expired(later.number) ? tx_dropped(api::TxDrop::tx_late)
                                       : api::Fate{.fate = api::ObservedFate::sent};
}

// Those that ended in this turn leave the list; those that were dropped are written.
void Observer::settle_followed() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < followed_.size(); ++i) {
        const Followed& f = followed_[i];
        const api::Fate fate = fate_of(f.later);
        if (fate.fate == api::ObservedFate::queued || fate.fate == api::ObservedFate::held) {
            if (kept != i) followed_[kept] = f;
            ++kept;
            continue;
        }
        if (!wants(f.slot, fate)) continue;
        record_ = f.record;
        head().fate = fate;
        std::uint64_t position = 0;
        write(f.slot, f.tail_bytes, head().at_us, position);
    }
    followed_.resize(kept);
}

void Observer::finish() {
    if (!followed_.empty()) settle_followed();
    if (!written_) return;
    written_ = false;
    for (const Pending& pending : pending_) resolve(pending);
    pending_.clear();
    log_.publish();
}

std::span<const std::uint8_t> Observer::keep(std::span<const std::uint8_t> packet) {
    const std::size_t n = std::min(packet.size(), kept_.size());
    std::memcpy(kept_.data(), packet.data(), n);
    return std::span(kept_).first(n);
}

}  // namespace strata::dataplane
