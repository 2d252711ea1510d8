#include "control/node/node.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "control/store/record_codec.h"

namespace strata::control {
namespace {

std::vector<ObjectKey> touched(const Change& change) {
    std::vector<ObjectKey> keys;
    for (const RecordKey& key : change.removes)
        if (const auto object = object_key(key)) keys.push_back(*object);
    for (const Record& record : change.puts)
        if (const auto object = object_key(key_of(record))) keys.push_back(*object);
    return keys;
}

// The data plane numbers its workers once per port: all on the first port, all on the second, …
std::uint32_t home_count(const api::DataplaneConfig& dataplane) {
    return dataplane.workers * static_cast<std::uint32_t>(dataplane.ports.size());
}

}  // namespace

Node::Node(const api::Config& config, Store& store, Environment environment)
    : config_(config),
      store_(store),
      environment_(std::move(environment)),
      limits_(config.limits),
      directory_(limits_, home_count(config.dataplane),
                 {.random = environment_.random, .unix_ms = environment_.unix_ms}),
      session_(directory_, environment_.control_epoch, hooks()),
      observations_(session_, limits_,
                    {.after = environment_.after,
                     .wake_link = environment_.wake_link,
                     .unix_ms = environment_.unix_ms}),
      started_at_ms_(environment_.unix_ms()) {
    directory_.spread_rooms({.cores = config.dataplane.workers,
                             .participants = config.dataplane.room_spread_participants,
                             .busy_share = config.dataplane.room_spread_load_percent / 100.0});
}

LinkSession::Hooks Node::hooks() {
    return {
        .workers =
            [this](const std::vector<WorkerAddress>& workers) {
                for (const WorkerAddress& w : workers)
                    spdlog::info("worker {} at {}:{} ({})", w.worker, w.address, w.udp_port,
                                 w.port);
                if (std::exchange(seen_epoch_, session_.dataplane_epoch()) !=
                    session_.dataplane_epoch())
                    watcher.dataplane(session_.dataplane_epoch());
            },
        .latched =
            [this](ParticipantId id, const Learned<Endpoint>& remote) {
                learn(directory_.plan_latched(id, remote));
            },
        .ssrc_learned =
            [this](TrackId id, std::size_t encoding, bool rtx, const Learned<std::uint32_t>& ssrc) {
                learn(directory_.plan_learned_ssrc(id, encoding, rtx, ssrc));
            },
        .nominated =
            [this](ParticipantId id, const Learned<Endpoint>& remote, bool tcp) {
                learn(directory_.plan_latched(id, remote, tcp));
                watcher.nominated(id);
            },
        .consent_lost = [this](ParticipantId id) { watcher.consent_lost(id); },
        .progress = [this] { release_settled(); }};
}

Result<std::unique_ptr<Node>> Node::load(const api::Config& config, Store& store,
                                         Environment environment) {
    std::unique_ptr<Node> node(new Node(config, store, std::move(environment)));
    const auto stored = load_all(store);
    if (!stored) return std::unexpected(stored.error());
    node->directory_.apply(*stored);
    if (auto ok = node->rehome(); !ok) return std::unexpected(ok.error());
    return node;
}

// Rooms and participants of workers that the configuration no longer has move to those that are
// left.
Result<void> Node::rehome() {
    Change change{.next_id = directory_.next_id()};
    for (const auto& [name, room] : directory_.rooms()) {
        if (room.worker < directory_.workers()) continue;
        Room moved = room;
        moved.worker = room.worker % directory_.workers();
        spdlog::warn("room {} moves from worker {} to {}: there are {} workers now", name,
                     room.worker, moved.worker, directory_.workers());
        change.puts.emplace_back(std::move(moved));
    }
    for (const auto& [id, participant] : directory_.participants()) {
        if (participant.worker.value_or(0) < directory_.workers()) continue;
        Participant moved = participant;
        moved.worker.reset();
        change.puts.emplace_back(std::move(moved));
    }
    if (change.puts.empty()) return {};
    if (const auto stored = store_.commit(to_transaction(change)); !stored)
        return std::unexpected(stored.error());
    directory_.apply(change);
    return {};
}

Result<Change> Node::carry_out(Result<Change> planned) {
    if (!planned || (planned->puts.empty() && planned->removes.empty())) return planned;
    const auto revision = store_.commit(to_transaction(*planned));
    store_failing_ = !revision;
    if (!revision) {
        spdlog::error("store: {}: {}", revision.error().object, revision.error().detail);
        return std::unexpected(revision.error());
    }
    const std::set<std::string> rooms = directory_.rooms_of(*planned);
    directory_.apply(*planned);
    for (const ObjectKey key : touched(*planned)) session_.mark(key, *revision);
    environment_.wake_link();
    for (const RecordKey& key : planned->removes)
        if (const auto* id = std::get_if<ParticipantId>(&key)) watcher.removed(*id);
    if (!rooms.empty()) watcher.rooms(rooms);
    return planned;
}

void Node::learn(const Change& change) {
    if (change.puts.empty()) return;
    // The data plane knows it already, so nothing is marked. A store that fails costs what was
    // learned, not the media.
    const auto revision = store_.commit(to_transaction(change));
    store_failing_ = !revision;
    if (!revision) {
        spdlog::error("store: {}: {}", revision.error().object, revision.error().detail);
        return;
    }
    directory_.apply(change);
}

ObjectState Node::state(const RecordKey& key) const {
    const auto object = object_key(key);
    return object ? session_.state(*object) : ObjectState::applied;
}

const Refusal* Node::refusal(const RecordKey& key) const {
    const auto object = object_key(key);
    return object ? session_.refusal(*object) : nullptr;
}

bool Node::settled(const std::vector<ObjectKey>& keys) const {
    const LinkState link = session_.link_state();
    if (link == LinkState::absent || link == LinkState::connecting) return true;
    return std::ranges::none_of(
        keys, [this](ObjectKey key) { return session_.state(key) == ObjectState::pending; });
}

void Node::when_settled(const Change& change, std::function<void()> done) {
    std::vector<ObjectKey> keys = touched(change);
    if (settled(keys)) return done();
    const std::uint64_t id = next_waiter_++;
    waiters_.push_back({id, std::move(keys), std::move(done), false});
    environment_.after(kSettleTime, [this, id] { release(id); });
}

void Node::when_applied(ParticipantId participant, std::function<void()> done) {
    const ObjectKey key{ObjectKey::Kind::transport, participant.value};
    if (session_.state(key) == ObjectState::applied) return done();
    waiters_.push_back({next_waiter_++, {key}, std::move(done), true});
}

void Node::release_settled() {
    std::vector<std::uint64_t> ready;
    std::erase_if(waiters_, [this](const Waiter& waiter) {
        return waiter.strict && !directory_.participants().contains({waiter.keys[0].id});
    });
    for (const Waiter& waiter : waiters_) {
        const bool done = waiter.strict ? session_.state(waiter.keys[0]) == ObjectState::applied
                                        : settled(waiter.keys);
        if (done) ready.push_back(waiter.id);
    }
    for (const std::uint64_t id : ready) release(id);
}

void Node::release(std::uint64_t waiter) {
    const auto it = std::ranges::find(waiters_, waiter, &Waiter::id);
    if (it == waiters_.end()) return;
    const auto done = std::move(it->done);
    waiters_.erase(it);
    done();
}

}  // namespace strata::control
