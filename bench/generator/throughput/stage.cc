#include "bench/generator/throughput/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/generator/profile.h"
#include "bench/generator/run.h"
#include "bench/generator/target.h"

namespace strata::gen {
namespace {

// While rooms are built nobody measures: few packets leave the appliance its time.
constexpr double kBuildingRate = 0.25;
constexpr double kPatience_s = 15;

}  // namespace

Stage::Stage(StageConfig config, RelayApi& api, Load& load, PacketIo& io)
    : config_(std::move(config)), api_(api), load_(load), io_(io), random_(config_.seed) {
    load_.set_on_turn([this] { on_turn(); });
}

Stage::~Stage() {
    set_churn(false);
    load_.set_on_turn({});
    load_.set_hostile(nullptr);
    drain_jobs();
    for (const auto& room : rooms_)
        if (room->made) worker_.post([this, name = room->name] { api_.remove_room(name); }, {});
    drain_jobs();
}

// Without a load, and whatever they meet: what can't be removed is shown by `strata room list`.
void Stage::drain_jobs() {
    while (worker_.pending() > 0) {
        try {
            worker_.poll();
        } catch (const ApiError&) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

void Stage::set_units(std::uint32_t units) {
    config_.preset.set_units(units);
    load_.set_rate(kBuildingRate);
    shrink();
    grow();
    wait_for_media();
    if (config_.preset.hostile_packets_per_s > 0 && !hostile_) begin_hostile();
}

// From an address that the appliance doesn't know, and from a publisher's.
void Stage::begin_hostile() {
    hostile_ = true;
    const Member& known = *rooms_.front()->members.front();
    load_.set_hostile(std::make_unique<Hostile>(
        io_, std::vector<int>{take_endpoint(), known.endpoint}, known.participant.relay,
        config_.preset.hostile_packets_per_s, config_.seed));
}

void Stage::wait_for_media() {
    const std::int64_t until_us = monotonic_us() + static_cast<std::int64_t>(kPatience_s * 1e6);
    load_.run_while([&] { return load_.silent_flows() > 0 && monotonic_us() < until_us; });
    if (const std::size_t silent = load_.silent_flows(); silent > 0)
        throw ApiError(
            fmt::format("{} of {} receivers' tracks got nothing within {} s; "
                        "`strata drops` may say why",
                        silent, load_.flow_count(), kPatience_s));
}

void Stage::shrink() {
    const auto drop = [this](Room& room, std::size_t keep, const PresetMembers* group) {
        std::size_t seen = 0;
        for (auto& member : room.members) {
            if (group != nullptr && member->group != group) continue;
            if (seen++ < keep) continue;
            member->leaving = true;
            for (Leg& leg : member->legs) load_.flow(leg.flow).leave();
        }
    };
    const Preset& preset = config_.preset;
    for (std::size_t r = 0; r < rooms_.size(); ++r) {
        if (r >= preset.rooms) drop(*rooms_[r], 0, nullptr);
        for (const PresetMembers& group : preset.members) drop(*rooms_[r], group.count, &group);
    }
    for (const auto& room : rooms_)
        for (const auto& member : room->members)
            if (member->leaving)
                worker_.post(
                    [this, m = member.get()] { api_.remove_participant(m->participant.id); },
                    [this, m = member.get()] { remove_member_media(*m); });
    for (std::size_t r = preset.rooms; r < rooms_.size(); ++r)
        worker_.post([this, room = rooms_[r].get()] { api_.remove_room(room->name); }, {});
    finish_jobs();
    for (const auto& room : rooms_)
        std::erase_if(room->members, [](const auto& m) { return m->leaving; });
    if (rooms_.size() > preset.rooms) rooms_.resize(preset.rooms);
}

void Stage::grow() {
    std::vector<std::pair<Room*, std::size_t>> fresh;  // and the member's place in it
    while (rooms_.size() < config_.preset.rooms) {
        rooms_.push_back(std::make_unique<Room>());
        Room* room = rooms_.back().get();
        room->name = fmt::format("{}-{}", config_.rooms, rooms_.size());
        worker_.post([this, room] { api_.add_room(room->name); }, [room] { room->made = true; });
    }
    for (const auto& room : rooms_) {
        for (const PresetMembers& group : config_.preset.members) {
            auto have = static_cast<std::uint32_t>(std::ranges::count_if(
                room->members, [&](const auto& m) { return m->group == &group; }));
            for (; have < group.count; ++have) {
                fresh.emplace_back(room.get(), room->members.size());
                room->members.push_back(make_member(group, have));
                publish(*room, *room->members.back());
            }
        }
    }
    finish_jobs();
    for (const auto& [room, place] : fresh) add_publishers(*room->members[place]);
    for (const auto& [room, place] : fresh) {
        add_legs(*room, place);
        subscribe(*room->members[place]);
    }
    finish_jobs();
}

// Packets go on while the appliance works.
void Stage::finish_jobs() {
    load_.run_while([this] { return worker_.pending() > 0; });
}

int Stage::take_endpoint() {
    if (!free_endpoints_.empty()) {
        const int endpoint = free_endpoints_.back();
        free_endpoints_.pop_back();
        return endpoint;
    }
    const bool v6 = config_.local_ip.find(':') != std::string::npos;
    const auto text =
        fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), config_.local_ip, config_.first_port);
    const auto address = parse_address(text);
    if (!address) throw ApiError(text + " is not an address to send from");
    if (config_.first_port != 0) ++config_.first_port;
    return io_.open(*address);
}

std::unique_ptr<Stage::Member> Stage::make_member(const PresetMembers& group, std::uint32_t index) {
    auto member = std::make_unique<Member>();
    member->group = &group;
    member->index = index;
    member->endpoint = take_endpoint();
    member->local = io_.local_address(member->endpoint);
    for (const std::string& profile : group.publish) {
        Plan plan;
        plan.seed = config_.seed + 1000 * ++publishers_made_;
        plan.publishers.emplace_back().profile = profile;
        auto one = std::make_unique<Published>();
        one->source = make_source(plan, 0);
        one->track = one->source->track();
        one->video = !one->track.is_audio();
        member->published.push_back(std::move(one));
    }
    return member;
}

// The member and its tracks, on the appliance.
void Stage::publish(const Room& room, Member& member) {
    worker_.post(
        [this, &room, m = &member] {
            m->participant = api_.add_participant(room.name, m->local);
            for (const auto& one : m->published)
                one->id = api_.publish(m->participant.id, one->track);
        },
        {});
}

void Stage::add_publishers(Member& member) {
    for (const auto& one : member.published)
        one->publisher =
            load_.add_publisher(std::move(one->source), member.endpoint, member.participant.relay);
}

// Of the members behind it first, so that each of them is seen as often as the others.
void Stage::add_legs(const Room& room, std::size_t place) {
    Member& member = *room.members[place];
    std::size_t taken[2] = {};  // tracks, by kind
    for (const PresetReceive& receive : member.group->receive) {
        std::size_t skip = taken[receive.video], wanted = receive.count;
        for (std::size_t k = 1; k < room.members.size() && wanted > 0; ++k) {
            const Member& other = *room.members[(place + k) % room.members.size()];
            for (const auto& one : other.published) {
                if (one->video != receive.video || other.leaving || wanted == 0) continue;
                if (skip > 0) {
                    --skip;
                    continue;
                }
                member.legs.push_back({.track = one.get()});
                member.legs.back().layers = receive.layers[member.index % receive.layers.size()];
                ++taken[receive.video];
                --wanted;
            }
        }
    }
    for (Leg& leg : member.legs) {
        const auto target = parse_target(leg.layers, leg.track->track);
        if (!target) throw ApiError(leg.layers + " is no target of " + leg.track->track.codec);
        leg.ssrc = 0x5354'0000u + ++ssrcs_given_;
        leg.flow = load_.add_flow({member.endpoint, member.participant.relay, leg.ssrc,
                                   0x4754'0000u + ssrcs_given_, leg.track->publisher,
                                   leg.track->video, *target});
    }
}

void Stage::subscribe(Member& member) {
    worker_.post(
        [this, m = &member] {
            for (Leg& leg : m->legs)
                leg.id = api_.subscribe(m->participant.id, leg.track->id, leg.layers, leg.ssrc);
        },
        [m = &member] { m->ready = true; });
}

void Stage::remove_member_media(Member& member) {
    for (const Leg& leg : member.legs) load_.remove_flow(leg.flow);
    for (const auto& one : member.published) load_.stop_publisher(one->publisher);
    free_endpoints_.push_back(member.endpoint);
}

}  // namespace strata::gen
