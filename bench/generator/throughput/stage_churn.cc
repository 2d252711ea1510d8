#include <algorithm>

#include "bench/generator/target.h"
#include "bench/generator/throughput/stage.h"

// Members that come and go, and change layers, while packets go on.
namespace strata::gen {
namespace {

// From the appliance's answer to the last packet of the old layers: the relay moves at the next
// frame where it may, and asks for a key frame.
constexpr std::int64_t kSettle_us = 4'000'000;
constexpr std::size_t kMostPending =
    8;  // an appliance that is slower than the preset sets the pace

constexpr double per_second_us(double rate) { return 1e6 / rate; }

}  // namespace

void Stage::set_churn(bool on) {
    churning_ = on && config_.preset.churn.any();
    next_join_us_ = next_change_us_ = monotonic_us();
}

void Stage::on_turn() {
    worker_.poll();
    if (!churning_ || worker_.pending() >= kMostPending) return;
    const std::int64_t now_us = monotonic_us();
    if (config_.preset.churn.joins_per_s > 0 && now_us >= next_join_us_) churn_members(now_us);
    if (config_.preset.churn.layer_changes_per_s > 0 && now_us >= next_change_us_)
        churn_layers(now_us);
}

// One leaves and one comes, so that there are as many as before.
void Stage::churn_members(std::int64_t now_us) {
    next_join_us_ =
        now_us + static_cast<std::int64_t>(per_second_us(config_.preset.churn.joins_per_s));
    Room& room = *rooms_[random_() % rooms_.size()];
    leave(room);
    join(room);
}

void Stage::churn_layers(std::int64_t now_us) {
    next_change_us_ =
        now_us + static_cast<std::int64_t>(per_second_us(config_.preset.churn.layer_changes_per_s));
    Room& room = *rooms_[random_() % rooms_.size()];
    Member* member = draw_listener(room);
    if (member == nullptr) return;
    const auto video = std::ranges::find_if(member->legs, [&](const Leg& leg) {
        return leg.track->video && !leg.changing && load_.flow(leg.flow).settled(now_us);
    });
    if (video != member->legs.end()) change_layers(*member, *video);
}

// One that only receives and isn't on the move; null: the draw found none.
Stage::Member* Stage::draw_listener(Room& room) {
    for (int tries = 0; tries < 8; ++tries) {
        Member& member = *room.members[random_() % room.members.size()];
        const bool listens = member.group->publish.empty() && !member.legs.empty();
        if (listens && !member.moving()) return &member;
    }
    return nullptr;
}

void Stage::leave(Room& room) {
    Member* member = draw_listener(room);
    if (member == nullptr) return;
    member->leaving = true;
    for (const Leg& leg : member->legs) load_.flow(leg.flow).leave();
    worker_.post([this, member] { api_.remove_participant(member->participant.id); },
                 [this, member, &room] {
                     remove_member_media(*member);
                     ++left_;
                     std::erase_if(room.members, [&](const auto& m) { return m.get() == member; });
                 });
}

void Stage::join(Room& room) {
    const auto group = std::ranges::find_if(config_.preset.members, [](const PresetMembers& g) {
        return g.publish.empty() && !g.receive.empty();
    });
    // Its index only says which layers it takes.
    auto fresh = make_member(*group, static_cast<std::uint32_t>(random_() % 1000));
    Member* member = fresh.get();
    room.members.push_back(std::move(fresh));
    worker_.post([this, member,
                  &room] { member->participant = api_.add_participant(room.name, member->local); },
                 [this, member, &room] {
                     const auto at =
                         std::ranges::find(room.members, member, &std::unique_ptr<Member>::get);
                     add_legs(room, static_cast<std::size_t>(at - room.members.begin()));
                     subscribe(*member);
                     ++joined_;
                 });
}

void Stage::change_layers(Member& member, Leg& leg) {
    const auto& choices =
        std::ranges::find_if(member.group->receive, &PresetReceive::video)->layers;
    const std::string layers = choices[random_() % choices.size()];
    if (layers == leg.layers) return;
    leg.layers = layers;
    leg.changing = true;
    // Both are right from before the appliance hears of it.
    load_.flow(leg.flow).set_target(*parse_target(layers, leg.track->track));
    worker_.post([this, id = leg.id, layers] { api_.set_layers(id, layers); },
                 [this, &leg] {
                     load_.flow(leg.flow).settle(monotonic_us() + kSettle_us);
                     leg.changing = false;
                     ++layer_changes_;
                 });
}

}  // namespace strata::gen
