#include "dataplane/server/desired_state.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "dataplane/crypto/engine.h"
#include "dataplane/worker/observer.h"

namespace strata::dataplane {

std::optional<std::uint32_t> DesiredState::Indexes::take() {
    if (!free_.empty()) {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return index;
    }
    if (next_ == capacity_) return std::nullopt;
    return next_++;
}

DesiredState::DesiredState(const StateLimits& limits, std::vector<Worker*> workers,
                           std::vector<Home> homes, api::StatisticsSegment& statistics,
                           NumberSource numbers)
    : limits_(limits),
      homes_(std::move(homes)),
      statistics_(statistics),
      numbers_(std::move(numbers)),
      cipher_(make_cipher()),
      fingerprints_(*cipher_, numbers_) {
    for (Worker* worker : workers)
        workers_.emplace_back(static_cast<std::uint32_t>(workers_.size()), worker, limits,
                              statistics.header().slots_per_worker);
}

DesiredState::~DesiredState() = default;

std::optional<ObjectProblem> DesiredState::put(const api::Object& object) {
    if (object.has_transport()) return put(object.transport());
    if (object.has_track()) return put(object.track());
    if (object.has_subscription()) return put(object.subscription());
    return ObjectProblem{"invalid", "an object of no kind this program knows"};
}

void DesiredState::remove(const api::ObjectRef& object) {
    if (object.kind() == api::TRANSPORT) remove_transport(object.id());
    if (object.kind() == api::TRACK) remove_track(object.id());
    if (object.kind() == api::SUBSCRIPTION) remove_subscription(object.id());
}

void DesiredState::retain(const std::vector<api::ObjectRef>& keep) {
    std::unordered_set<std::uint64_t> kept[3];
    for (const api::ObjectRef& object : keep)
        if (object.kind() >= api::TRANSPORT && object.kind() <= api::SUBSCRIPTION)
            kept[object.kind() - api::TRANSPORT].insert(object.id());
    const auto leftover = [](const auto& records, const auto& wanted) {
        std::vector<std::uint64_t> ids;
        for (const auto& [id, record] : records)
            if (!wanted.contains(id)) ids.push_back(id);
        std::sort(ids.begin(), ids.end());  // the same order in every run
        return ids;
    };
    for (const std::uint64_t id : leftover(subscriptions_, kept[2])) remove_subscription(id);
    for (const std::uint64_t id : leftover(tracks_, kept[1])) remove_track(id);
    for (const std::uint64_t id : leftover(transports_, kept[0])) remove_transport(id);
}

bool DesiredState::pump() {
    for (WorkerSide& side : workers_) {
        Command answer;
        while (side.worker->next_answer(answer)) destroy(side, answer);
        while (!side.backlog.empty() && side.worker->submit(side.backlog.front())) {
            side.backlog.pop_front();
            ++side.submitted;
        }
    }
    return !settled();
}

bool DesiredState::settled() const {
    return std::all_of(workers_.begin(), workers_.end(), [](const WorkerSide& side) {
        return side.backlog.empty() && side.worker->applied() == side.submitted;
    });
}

DesiredState::Mark DesiredState::mark() const {
    Mark mark;
    for (const WorkerSide& side : workers_) mark.push_back(side.submitted + side.backlog.size());
    return mark;
}

bool DesiredState::reached(const Mark& mark) const {
    for (std::size_t i = 0; i < workers_.size(); ++i)
        if (workers_[i].worker->applied() < mark[i]) return false;
    return true;
}

bool DesiredState::send_datagram(std::uint64_t transport, std::string_view datagram) {
    const auto at = transports_.find(transport);
    if (at == transports_.end()) return false;
    WorkerSide& side = workers_[at->second.home.worker];
    if (side.datagrams >= limits_.datagrams_per_worker) return false;
    ++side.datagrams;
    submit(side, {.kind = Command::Kind::send_datagram,
                  .transport = at->second.object.get(),
                  .datagram = new std::vector<std::uint8_t>(datagram.begin(), datagram.end())});
    return true;
}

void DesiredState::submit(WorkerSide& side, const Command& command) {
    side.backlog.push_back(command);
}

// What a worker gave back: its numbers are free again, and so is its memory.
void DesiredState::destroy(WorkerSide& side, const Command& answer) {
    switch (answer.kind) {
        case Command::Kind::remove_transport:
            side.transports.give_back(answer.transport->index);
            give_back_slot(side, answer.transport->statistics);
            give_back_checkpoint(answer.transport->checkpoint);
            for (const auto& stream : answer.transport->streams)
                give_back_checkpoint(stream->checkpoint);
            side.old_transports.erase(answer.transport);
            break;
        case Command::Kind::remove_track:
            side.track_places.give_back(answer.track->place.index);
            give_back_slot(side, answer.track->statistics);
            for (const InboundEncoding& encoding : answer.track->encodings) {
                give_back_slot(side, encoding.statistics);
                give_back_checkpoint(encoding.checkpoint);
            }
            side.old_tracks.erase(answer.track);
            break;
        case Command::Kind::remove_subscription:
            side.subscriptions.give_back(answer.subscription->handle);
            give_back_slot(side, answer.subscription->statistics);
            give_back_streams(*answer.subscription);
            side.old_subscriptions.erase(answer.subscription);
            break;
        case Command::Kind::remove_stream:
            give_back_checkpoint(answer.stream->checkpoint);
            side.old_streams.erase(answer.stream);
            break;
        case Command::Kind::replace_track: delete answer.relay_track; break;
        case Command::Kind::set_ice: delete answer.ice; break;
        case Command::Kind::set_security: delete answer.secure; break;
        case Command::Kind::send_datagram:
            delete answer.datagram;
            --side.datagrams;
            break;
        case Command::Kind::set_observer:
            std::erase_if(side.old_observers,
                          [&](const auto& old) { return old.get() == answer.observer; });
            break;
        default: break;  // the others have no answer
    }
}

SlotRef DesiredState::take_slot(std::uint32_t worker, api::StatisticsKind kind, std::uint64_t id,
                                std::uint64_t parent, std::uint64_t peer) {
    const auto index = workers_[worker].slots.take();
    if (!index) {
        statistics_.header().slots_exhausted.add();
        return {};
    }
    api::ObjectSlot& slot = statistics_.slots(worker)[*index];
    api::assign_slot(slot, kind, id, parent, peer);
    return {&slot};
}

void DesiredState::give_back_slot(WorkerSide& side, const SlotRef& slot) {
    if (!slot.slot) return;
    api::free_slot(*slot.slot);
    side.slots.give_back(
        static_cast<std::uint32_t>(slot.slot - statistics_.slots(side.index).data()));
}

}  // namespace strata::dataplane
