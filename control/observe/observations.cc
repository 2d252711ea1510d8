#include "control/observe/observations.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "dataplane/api/strata.pb.h"

namespace strata::control {
namespace {

constexpr std::chrono::milliseconds kLookPeriod{1'000};

}  // namespace

struct Observations::Entry : Observation {
    Entry(Observation observation, api::ObservationReader r)
        : Observation(std::move(observation)), reader(std::move(r)) {}

    std::uint8_t slot = 0;
    std::uint64_t generation = 0;
    std::uint64_t resyncs = 0;  // of the link when it began: another number is another beginning
    std::int64_t read_ms = 0;
    std::int64_t active_ms = 0;
    api::ObservationReader reader;
};

std::string_view observation_state_text(ObservationState state) {
    switch (state) {
        case ObservationState::starting: return "starting";
        case ObservationState::active: return "active";
        case ObservationState::done: return "done";
    }
    return "done";
}

Observations::Observations(LinkSession& session, Limits& limits, Environment environment)
    : session_(session), limits_(limits), environment_(std::move(environment)) {}
Observations::~Observations() = default;

// Fills in the limits' bounds.
Result<void> Observations::check(ObservationSpec& spec) {
    const auto bound = [&](auto& value, std::string_view field, Limit limit,
                           std::uint64_t factor) -> Result<void> {
        const std::uint64_t most = limits_.value(limit) * factor;
        if (value == 0) value = static_cast<std::remove_reference_t<decltype(value)>>(most);
        if (value <= most) return {};
        limits_.count_hit(limit);
        return refuse(ErrorCode::limit_reached, std::string(field),
                      std::to_string(value) + " are more than the limit of " + std::to_string(most),
                      "raise limits." + std::string(Limits::name(limit)) + " in the configuration");
    };
    if (auto ok = bound(spec.packets, "packets", Limit::capture_packets, 1); !ok) return ok;
    if (auto ok = bound(spec.bytes, "bytes", Limit::capture_mb, 1'000'000); !ok) return ok;
    return bound(spec.seconds, "seconds", Limit::capture_s, 1);
}

Result<const Observations::Observation*> Observations::start(ObservationSpec spec) {
    if (auto ok = check(spec); !ok) return std::unexpected(ok.error());
    std::erase_if(entries_, [](const auto& e) { return e.second->ended; });
    if (auto ok = limits_.check_one_more(Limit::captures, entries_.size()); !ok)
        return std::unexpected(ok.error());
    const std::string& segment = session_.observation_segment();
    if (session_.link_state() != LinkState::synchronised || segment.empty())
        return refuse(ErrorCode::dataplane_unavailable, "", "there is no data plane to look at",
                      "`strata health` says what is missing");
    auto reader = api::ObservationReader::open(segment);
    if (!reader) return refuse(ErrorCode::dataplane_unavailable, "", reader.error());
    Observation observation{.id = next_id_++, .spec = std::move(spec)};
    observation.started_ms = environment_.unix_ms();
    observation.workers = reader->workers();
    auto entry = std::make_unique<Entry>(std::move(observation), std::move(*reader));
    unsigned used = 0;
    for (const auto& [id, other] : entries_) used |= 1u << other->slot;
    entry->slot = static_cast<std::uint8_t>(std::countr_one(used));
    entry->read_ms = entry->started_ms;
    entry->resyncs = session_.resyncs();
    const Entry& kept = *entries_.emplace(entry->id, std::move(entry)).first->second;
    tell();
    entries_.at(kept.id)->generation = generation_;
    if (!std::exchange(looking_, true))
        environment_.after(kLookPeriod, [this] { look_for_forgotten(); });
    return &kept;
}

// All that aren't done.
void Observations::tell() {
    api::Observations wanted;
    wanted.set_generation(++generation_);
    for (const auto& [id, entry] : entries_) {
        if (entry->state == ObservationState::done) continue;
        const ObservationSpec& spec = entry->spec;
        api::Observation& item = *wanted.add_items();
        item.set_slot(entry->slot);
        item.set_id(id);
        item.set_trace(spec.trace);
        item.set_room(spec.room);
        item.set_transport(spec.participant ? spec.participant->value : 0);
        item.set_track(spec.track ? spec.track->value : 0);
        item.set_in(spec.in);
        item.set_out(spec.out);
        for (const std::string& drop : spec.drops) item.add_drops(drop);
        item.set_sample(spec.sample);
        item.set_packets(spec.packets);
        item.set_bytes(spec.bytes);
        item.set_duration_us(std::uint64_t{spec.seconds} * 1'000'000);
        item.set_snap_bytes(spec.snap_bytes);
    }
    session_.observe(wanted);
    environment_.wake_link();
}

Result<Observations::Observation*> Observations::find(std::uint64_t id) {
    const auto at = entries_.find(id);
    if (at == entries_.end())
        return refuse(
            ErrorCode::not_found, std::to_string(id),
            "there is no capture or trace " + std::to_string(id),
            "one that isn't read for " + std::to_string(kPatienceMs / 1000) + " s is ended");
    return at->second.get();
}

Result<void> Observations::end(std::uint64_t id) {
    if (auto found = find(id); !found) return std::unexpected(found.error());
    const bool told = entries_.at(id)->state != ObservationState::done;
    entries_.erase(id);
    if (told) tell();
    return {};
}

std::vector<const Observations::Observation*> Observations::list() const {
    std::vector<const Observation*> all;
    for (const auto& [id, entry] : entries_) all.push_back(entry.get());
    return all;
}

void Observations::look_for_forgotten() {
    const std::int64_t now = environment_.unix_ms();
    const auto forgotten = [&](const auto& e) { return now - e.second->read_ms > kPatienceMs; };
    if (std::erase_if(entries_, forgotten) != 0) tell();
    looking_ = !entries_.empty();
    if (looking_) environment_.after(kLookPeriod, [this] { look_for_forgotten(); });
}

void Observations::finish(Entry& entry, std::string why) {
    entry.state = ObservationState::done;
    entry.why_done = std::move(why);
}

void Observations::note_state(Entry& entry) {
    if (entry.state == ObservationState::done) return;
    const bool gone =
        session_.link_state() != LinkState::synchronised || session_.resyncs() != entry.resyncs;
    if (gone) return finish(entry, "the data plane, or the link to it, was lost");
    if (entry.reader.applied() < entry.generation) return;
    if (entry.state == ObservationState::starting) {
        entry.state = ObservationState::active;
        entry.active_ms = environment_.unix_ms();
    }
}

// False: it has come to a bound.
bool Observations::take(Entry& entry, ObservedPacket packet, std::vector<ObservedPacket>& out) {
    const std::uint64_t bytes = packet.head.captured_bytes;
    if (entry.packets >= entry.spec.packets) return finish(entry, "packets"), false;
    if (entry.bytes + bytes > entry.spec.bytes) return finish(entry, "bytes"), false;
    ++entry.packets;
    entry.bytes += bytes;
    out.push_back(std::move(packet));
    if (entry.packets == entry.spec.packets) return finish(entry, "packets"), false;
    if (entry.bytes == entry.spec.bytes) return finish(entry, "bytes"), false;
    return true;
}

std::vector<ObservedPacket> Observations::read(Observation& observation) {
    auto& entry = static_cast<Entry&>(observation);
    entry.read_ms = environment_.unix_ms();
    const ObservationState before = entry.state;
    note_state(entry);
    std::vector<ObservedPacket> packets, all;
    std::size_t size = 0;
    for (std::uint32_t w = 0; w < entry.reader.workers() && size < kPieceBytes; ++w)
        while (size < kPieceBytes) {
            const api::ObservedHead* head = entry.reader.next(w);
            if (head == nullptr) break;
            if (head->observation != entry.id) continue;
            const auto tail = entry.reader.tail();
            all.push_back({w, *head, {tail.begin(), tail.end()}, entry.reader.lost()});
            size += sizeof *head + tail.size();
        }
    std::ranges::stable_sort(all, {}, [](const ObservedPacket& p) { return p.head.at_us; });
    if (before != ObservationState::done) {
        std::uint64_t lost = entry.lost;
        for (ObservedPacket& packet : all) {
            packet.lost_before = packet.lost_before > lost ? packet.lost_before - lost : 0;
            lost += packet.lost_before;
            if (!take(entry, std::move(packet), packets)) break;
        }
    }
    entry.lost = entry.reader.lost();
    const bool over = entry.state == ObservationState::active && size == 0 &&
                      entry.read_ms - entry.active_ms >= std::int64_t{entry.spec.seconds} * 1'000;
    if (over) finish(entry, "seconds");
    if (before != ObservationState::done && entry.state == ObservationState::done) tell();
    return packets;
}

}  // namespace strata::control
