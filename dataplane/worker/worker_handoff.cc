#include <rte_prefetch.h>

#include <algorithm>

#include "dataplane/worker/worker.h"

// Tracks whose receivers are spread over several workers: each packet is handed once to each of
// them, which goes on by itself from there; needs of receivers come back the same way.
namespace strata::dataplane {
namespace {

using api::WorkerCounter;

void prefetch_record(const Handoff& handed) {
    const char* const at = reinterpret_cast<const char*>(&handed);
    for (std::size_t i = 0; i < offsetof(Handoff, clocks); i += 64) rte_prefetch0(at + i);
}

void prefetch_packet(const Handoff& handed) {
    if (handed.kind != Handoff::Kind::packet) return;
    rte_prefetch0(handed.packet);
    rte_prefetch0(rte_pktmbuf_mtod(handed.packet, const void*));
}

}  // namespace

void Worker::connect(std::span<Worker* const> workers) {
    if (workers.size() < 2) return;
    for (Worker* worker : workers) {
        worker->doorbell_ = std::make_unique<Doorbell>();
        worker->peers_.resize(workers.size());
        for (const Worker* other : workers)
            if (other != worker)
                worker->peers_[other->config_.id].from =
                    std::make_unique<HandoffRing>(worker->config_.handoff_ring);
    }
    for (Worker* worker : workers)
        for (const Worker* other : workers) {
            Peer& peer = worker->peers_[other->config_.id];
            peer.to = other->peers_[worker->config_.id].from.get();
            peer.doorbell = other->doorbell_.get();
        }
}

// Null: the ring is full, which is counted.
Handoff* Worker::begin_handing(const TrackPlace& to, Handoff::Kind kind, std::uint8_t encoding) {
    Handoff* const handed = peers_[to.worker].to->place();
    if (!handed) {
        count(WorkerCounter::handoff_full);
        return nullptr;
    }
    handed->kind = kind;
    handed->encoding = encoding;
    handed->index = to.index;
    handed->generation = to.generation;
    return handed;
}

void Worker::finish_handing(const TrackPlace& to) {
    Peer& peer = peers_[to.worker];
    peer.to->push_placed();
    peer.told = true;
}

// The packet, which parsed_ is about, to each worker that serves receivers of the track. False:
// none has taken it. Nobody may change it from now on.
bool Worker::hand_over(rte_mbuf& packet, const PublishedTrack& track, std::uint8_t encoding,
                       relay::TimeUs now) {
    // For all of them at once: one locked instruction.
    const auto wanted = static_cast<std::int16_t>(track.branches.size());
    std::int16_t taken = 0;
    rte_mbuf_refcnt_update(&packet, wanted);
    for (const TrackPlace& branch : track.branches) {
        Handoff* const handed = begin_handing(branch, Handoff::Kind::packet, encoding);
        if (!handed) continue;
        handed->packet = &packet;
        handed->arrived_us = now;
        handed->info = parsed_;
        finish_handing(branch);
        ++taken;
    }
    if (taken != wanted) rte_mbuf_refcnt_update(&packet, static_cast<std::int16_t>(taken - wanted));
    count(WorkerCounter::handed_out, static_cast<std::uint64_t>(taken));
    return taken != 0;
}

void Worker::hand_clocks(const PublishedTrack& track, std::uint8_t encoding, const TrackPlace& to) {
    Handoff* const handed = begin_handing(to, Handoff::Kind::clocks, encoding);
    if (!handed) return;
    handed->clocks = track.track->clocks(encoding);
    finish_handing(to);
}

// A lost one is asked for again, as long as somebody waits (C33).
void Worker::pass_key_frame_request(PublishedTrack& branch, std::uint8_t encoding) {
    if (!begin_handing(branch.origin, Handoff::Kind::key_frame, encoding)) return;
    finish_handing(branch.origin);
    ++branch.encodings[encoding].key_frame_requests;
    count(WorkerCounter::key_frame_requests_passed);
}

void Worker::receive_handed(HandoffRing& ring, relay::TimeUs now, Turn& turn) {
    const std::size_t n =
        std::min<std::size_t>(ring.ready(), burst_for(largest_audience_, kMaxBurst));
    if (n == 0) return;
    transit_.received();
    turn.handed += static_cast<std::uint32_t>(n);
    std::array<rte_mbuf*, kMaxBurst> packets;
    unsigned held = 0;
    prefetch_record(ring.at(0));
    begin_step(WorkStep::Kind::handed);
    for (std::size_t i = 0; i < n; ++i) {
        // The oldest is taken out at the end of each round: what is behind it moves up.
        if (i + 2 < n) prefetch_record(ring.at(2));
        if (i + 1 < n) prefetch_packet(ring.at(1));
        const Handoff& handed = ring.at(0);
        if (handed.kind == Handoff::Kind::packet) packets[held++] = handed.packet;
        on_handed(handed, now);
        ring.pop_oldest();
    }
    // What waits to be encrypted with others refers to these packets.
    for (auto& fan_out : fan_outs_) fan_out->seal(now);
    in_work_.store(nullptr, std::memory_order_relaxed);
    rte_pktmbuf_free_bulk(packets.data(), held);
}

void Worker::on_handed(const Handoff& handed, relay::TimeUs now) {
    PublishedTrack* const track = find_placed(handed.index, handed.generation);
    switch (handed.kind) {
        case Handoff::Kind::packet:
            in_work_.store(handed.packet, std::memory_order_relaxed);
            return on_handed_packet(handed, track, now);
        case Handoff::Kind::clocks:
            if (track) track->track->set_clocks(handed.encoding, handed.clocks);
            return;
        case Handoff::Kind::key_frame:
            if (!track) return;
            track->track->ask_for_key_frame(handed.encoding);
            return send_key_frame_requests(*track, now);
    }
}

PublishedTrack* Worker::find_placed(std::uint32_t index, std::uint32_t generation) {
    PublishedTrack* const track = placed_[index];
    return track && track->place.generation == generation ? track : nullptr;
}

// Once per turn. Exception to a worker's making no system call of its own: one for each time that
// the other one waits (Doorbell).
void Worker::wake_others() {
    for (Peer& peer : peers_) {
        if (!peer.told) continue;
        peer.told = false;
        peer.doorbell->ring();
    }
}

void Worker::open_branch(PublishedTrack& track, const TrackPlace& branch) {
    track.branches.push_back(branch);  // there is room
    track.spread = true;
    for (std::uint8_t i = 0; i < track.encoding_count; ++i) hand_clocks(track, i, branch);
}

void Worker::close_branch(PublishedTrack& track, const TrackPlace& branch) {
    std::erase(track.branches, branch);
    track.spread = !track.branches.empty();
}

}  // namespace strata::dataplane
