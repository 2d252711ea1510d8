#include "relay/svc/cohort.h"

namespace strata::relay {

void Cohort::set_given(std::uint32_t serial, bool value) {
    const std::uint64_t bit = std::uint64_t{1} << (serial % 64);
    std::uint64_t& word = given_[serial % kGivenWindow / 64];
    word = value ? word | bit : word & ~bit;
}

bool Cohort::given(const FrameRecord& frame, const FrameRing& ring) const {
    if (ring.serial() - frame.serial >= kGivenWindow) return false;
    return (given_[frame.serial % kGivenWindow / 64] >> (frame.serial % 64) & 1) != 0;
}

bool Cohort::references_given(const FrameInfo& frame, const FrameRing& ring) const {
    if (!frame.references_known) return true;
    for (std::size_t i = 0; i < frame.reference_count; ++i) {
        const FrameRecord* reference = ring.find(frame.references[i]);
        if (reference == nullptr || !given(*reference, ring)) return false;
    }
    return true;
}

void Cohort::start(LayerId layer) {
    current = layer;
    ready = 0;
    broken_chains = ~0u;
    given_.fill(0);
    picture = -1;
    picture_begun = picture_done = false;
}

void Cohort::follow_chains(const FrameInfo& frame, bool takes, const FrameRing& ring) {
    for (std::size_t chain = 0; chain < frame.chain_count; ++chain) {
        const std::uint32_t bit = 1u << chain;
        const std::int64_t diff = frame.chain_diff[chain];
        if (diff == 0) {
            // Begins the chain anew, or the chain is inactive: a frame that wasn't taken breaks it
            // once a later one of the chain names it.
            if (takes) broken_chains &= ~bit;
            continue;
        }
        if ((broken_chains & bit) != 0) continue;
        const FrameRecord* before = ring.find(frame.id - diff);
        const bool missing =
            before == nullptr ? ring.given_up(frame.id - diff) : !given(*before, ring);
        if (missing) broken_chains |= bit;
    }
}

void Cohort::on_frame(const FrameInfo& frame, const FrameRecord& record, const FrameRing& ring) {
    if (frame.picture != picture) {
        picture = frame.picture;
        picture_begun = picture_done = false;
    }
    const LayerMask bit = current.bit();
    const bool takes = (record.wanted & bit) != 0;
    set_given(record.serial, takes);
    follow_chains(frame, takes, ring);
    if (!takes) {
        ready = static_cast<LayerMask>(ready & ~record.needed);
        return;
    }
    ready |= record.switching;
    picture_begun = true;
    picture_done = picture_done || (record.top & bit) != 0;
    // What came by a switch point stands on that frame alone.
    if (frame.targets == nullptr || frame.id != moved_at || (record.switching & bit) == 0) return;
    const std::size_t own = layer_index(current.spatial, current.temporal);
    if (frame.chain_count > frame.targets->chain[own])
        broken_chains &= ~(1u << frame.targets->chain[own]);
}

void Cohort::on_late_frame(const FrameRecord& record) {
    const bool takes = (record.wanted & current.bit()) != 0;
    set_given(record.serial, takes);
    if (!takes) ready = static_cast<LayerMask>(ready & ~record.needed);
}

void Cohort::merge(const Cohort& other) {
    members += other.members;
    ready &= other.ready;
    broken_chains |= other.broken_chains;
    picture_begun = picture_begun || other.picture_begun;
    picture_done = picture_done || other.picture_done;
    if (other.picture > picture) picture = other.picture;
    if (other.moved_at > moved_at) moved_at = other.moved_at;
    for (std::size_t i = 0; i < given_.size(); ++i) given_[i] &= other.given_[i];
}

}  // namespace strata::relay
