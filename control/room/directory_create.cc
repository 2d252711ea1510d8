#include <algorithm>
#include <cctype>

#include "control/room/directory.h"
#include "control/room/layers_text.h"
#include "control/room/media_rules.h"

// The plans that create objects or change what they want.
namespace strata::control {
namespace {

bool room_name(std::string_view name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && std::isalnum(static_cast<unsigned char>(name[0])) != 0 &&
           std::ranges::all_of(name, allowed);
}

bool free_of_controls(std::string_view text) {
    return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::uint32_t default_rtx(const Track& track, const SubscriptionSpec& spec) {
    return spec.rtx_payload_type.value_or(track.rtx_payload_type);
}

}  // namespace

Result<void> Directory::check_name(std::string_view field, std::string_view name) {
    if (name.size() > limits_.value(Limit::name_bytes)) {
        limits_.count_hit(Limit::name_bytes);
        return refuse(
            ErrorCode::limit_reached, std::string(field),
            std::to_string(name.size()) + " bytes long",
            "at most " + std::to_string(limits_.value(Limit::name_bytes)) + " (limits.name_bytes)");
    }
    if (!free_of_controls(name))
        return refuse(ErrorCode::invalid_field, std::string(field), "contains control characters");
    return {};
}

Result<Change> Directory::plan_room(const RoomSpec& spec) {
    if (auto ok = check_name("name", spec.name); !ok) return std::unexpected(ok.error());
    if (!room_name(spec.name))
        return refuse(ErrorCode::invalid_field, "name", "'" + spec.name + "' can't name a room",
                      "letters, digits, '.', '_' and '-', beginning with a letter or digit");
    if (rooms_.contains(spec.name))
        return refuse(ErrorCode::already_exists, spec.name,
                      "there is a room '" + spec.name + "' already");
    if (spec.worker && *spec.worker >= workers_)
        return refuse(ErrorCode::invalid_field, "worker",
                      "there is no worker " + std::to_string(*spec.worker),
                      "0 to " + std::to_string(workers_ - 1));
    if (const auto known = profile(spec.profile); !known)
        return refuse(ErrorCode::invalid_field, "profile", known.error().detail,
                      known.error().hint);
    if (auto ok = limits_.check_one_more(Limit::rooms, rooms_.size()); !ok)
        return std::unexpected(ok.error());
    Room room{
        .name = spec.name,
        .worker = spec.worker ? *spec.worker : quietest_worker(count_by_worker(), measured_load_),
        .created_at_ms = source_.unix_ms(),
        .profile = spec.profile};
    return Change{.puts = {std::move(room)}, .next_id = next_id_};
}

Result<void> Directory::check_remote(const std::optional<Endpoint>& remote,
                                     std::uint32_t worker) const {
    if (!remote) return {};
    for (const auto& [id, other] : participants_) {
        const bool same = other.remote ? *other.remote == *remote
                                       : other.latched && other.latched->value == *remote;
        if (same && worker_of(id) == worker)
            return refuse(ErrorCode::already_exists, id_text(id),
                          endpoint_text(*remote) + " is the address of another participant",
                          "each participant sends from an address of its own");
    }
    return {};
}

// Whether there is something to choose: mostly there isn't, and counting everybody takes its time.
bool Directory::may_be_full(const Room& room) const {
    if (spread_.cores < 2) return false;
    if (spread_.participants != 0 && spread_of(room.name).front().second >= spread_.participants)
        return true;
    // Readings are seconds old: by then it may be twice as busy.
    return !measured_load_.empty() &&
           2 * measured_load_[room.worker % measured_load_.size()].busy_share >= spread_.busy_share;
}

// Nullopt: the room's home.
Result<std::optional<std::uint32_t>> Directory::choose_worker(
    const Room& room, std::optional<std::uint32_t> wanted) const {
    std::uint32_t chosen = room.worker;
    if (wanted) {
        const std::uint32_t cores = std::max(spread_.cores, 1U);
        if (*wanted >= workers_ || *wanted / cores != room.worker / cores)
            return refuse(ErrorCode::worker_mismatch, "worker",
                          "the room's home is worker " + std::to_string(room.worker) + ", worker " +
                              std::to_string(*wanted) + " can't serve participants of it",
                          "the workers of the same port can; or leave the field out");
        chosen = *wanted;
    } else if (may_be_full(room)) {
        std::vector<std::size_t> in_room(workers_, 0);
        for (const auto& [worker, count] : spread_of(room.name))
            if (worker < workers_) in_room[worker] = count;
        chosen = worker_in_room(room.worker, in_room, count_by_worker(), measured_load_, spread_);
    }
    return chosen == room.worker ? std::nullopt : std::optional(chosen);
}

Result<Change> Directory::plan_participant(std::string_view name, const ParticipantSpec& spec) {
    const auto home = room(name);
    if (!home) return std::unexpected(home.error());
    if (auto ok = check_name("name", spec.name); !ok) return std::unexpected(ok.error());
    const ParticipantId id{next_id_};
    const std::string own_name = spec.name.empty() ? id_text(id) : spec.name;
    for (const ParticipantId member : participants_in(name))
        if (participants_.at(member).name == own_name)
            return refuse(ErrorCode::already_exists, id_text(member),
                          "a participant '" + own_name + "' is in the room already");
    const auto worker = choose_worker(**home, spec.worker);
    if (!worker) return std::unexpected(worker.error());
    if (auto ok = limits_.check_one_more(Limit::participants, participants_.size()); !ok)
        return std::unexpected(ok.error());
    if (auto ok =
            limits_.check_one_more(Limit::participants_per_room, participants_in(name).size());
        !ok)
        return std::unexpected(ok.error());
    if (auto ok = check_remote(spec.remote, worker->value_or((*home)->worker)); !ok)
        return std::unexpected(ok.error());
    Participant participant{.id = id,
                            .room = (*home)->name,
                            .name = own_name,
                            .remote = spec.remote,
                            .webrtc = spec.webrtc,
                            .membership = spec.membership,
                            .worker = *worker,
                            .mtu_bytes = spec.mtu_bytes,
                            .created_at_ms = source_.unix_ms()};
    return Change{.puts = {std::move(participant)}, .next_id = next_id_ + 1};
}

Result<void> Directory::check_ssrcs(const Track& track) const {
    const auto& of_worker = published_ssrcs_[worker_of(track.participant) % workers_];
    const auto& of_transport = links_.at(track.participant).ssrcs;
    for (std::size_t i = 0; i < track.encodings.size(); ++i) {
        for (const std::uint32_t ssrc : {track.encodings[i].ssrc, track.encodings[i].rtx_ssrc}) {
            if (ssrc == 0 || (!of_worker.contains(ssrc) && !of_transport.contains(ssrc))) continue;
            const auto other = of_worker.find(ssrc);
            const std::string by = other == of_worker.end()
                                       ? " is sent to this participant already"
                                       : " is published by " + id_text(other->second) + " already";
            return refuse(ErrorCode::ssrc_collision, "encodings[" + std::to_string(i) + "]",
                          "SSRC " + std::to_string(ssrc) + by,
                          "let the publisher choose another one (RFC 3550 section 8.2)");
        }
    }
    return {};
}

Result<Change> Directory::plan_track(ParticipantId publisher, const TrackSpec& spec) {
    if (const auto found = participant(publisher); !found) return std::unexpected(found.error());
    if (auto ok = check_name("name", spec.name); !ok) return std::unexpected(ok.error());
    auto track = make_track(spec);
    if (!track) return std::unexpected(track.error());
    track->id = TrackId{next_id_};
    track->participant = publisher;
    track->name = spec.name.empty() ? id_text(track->id) : spec.name;
    track->created_at_ms = source_.unix_ms();
    for (const TrackId other : published(publisher))
        if (tracks_.at(other).name == track->name)
            return refuse(ErrorCode::already_exists, id_text(other),
                          "the participant has a track '" + track->name + "' already");
    if (auto ok = limits_.check_one_more(Limit::tracks, tracks_.size()); !ok)
        return std::unexpected(ok.error());
    if (auto ok =
            limits_.check_one_more(Limit::tracks_per_participant, published(publisher).size());
        !ok)
        return std::unexpected(ok.error());
    if (auto ok = check_ssrcs(*track); !ok) return std::unexpected(ok.error());
    return Change{.puts = {std::move(*track)}, .next_id = next_id_ + 1};
}

Result<std::uint32_t> Directory::outgoing_ssrc(const Participant& receiver, std::string_view field,
                                               std::optional<std::uint32_t> wanted,
                                               std::uint32_t taken) const {
    const auto& used = links_.at(receiver.id).ssrcs;
    const auto free = [&](std::uint32_t ssrc) {
        return ssrc != 0 && ssrc != taken && !used.contains(ssrc);
    };
    if (wanted) {
        if (free(*wanted)) return *wanted;
        return refuse(ErrorCode::ssrc_collision, std::string(field),
                      "SSRC " + std::to_string(*wanted) + " is in use on this transport",
                      "leave the field out for a random one");
    }
    // At most a few thousand of 2^32 are in use: the first draw is nearly always free.
    std::uint32_t ssrc = source_.random();
    while (!free(ssrc)) ssrc = source_.random() + ssrc + 1;
    return ssrc;
}

Result<Change> Directory::plan_subscription(ParticipantId receiver, const SubscriptionSpec& spec) {
    const auto self = participant(receiver);
    if (!self) return std::unexpected(self.error());
    const auto id = parse_track_id(spec.track);
    if (!id)
        return refuse(ErrorCode::invalid_field, "track",
                      "'" + spec.track.substr(0, 64) + "' is not the id of a track", "such as t7");
    const auto found = track(*id);
    if (!found) return std::unexpected(found.error());
    const Track& source = **found;
    if (source.participant == receiver)
        return refuse(ErrorCode::own_track, spec.track, "the participant publishes this track");
    if (const std::string& room = participants_.at(source.participant).room; room != (*self)->room)
        return refuse(
            ErrorCode::other_room, spec.track,
            "the track is in room '" + room + "', the participant in '" + (*self)->room + "'");
    for (const SubscriptionId other : receivers(*id))
        if (subscriptions_.at(other).participant == receiver)
            return refuse(ErrorCode::already_subscribed, id_text(other),
                          "the participant receives this track already",
                          "PATCH /v1/subscriptions/" + id_text(other) + " changes its layers");
    const auto target = parse_layers(spec.layers, source.encodings);
    if (!target) return std::unexpected(target.error());

    Subscription leg{.id = SubscriptionId{next_id_},
                     .participant = receiver,
                     .track = *id,
                     .target = *target,
                     .payload_type = spec.payload_type.value_or(source.payload_type),
                     .rtx_payload_type = static_cast<std::uint8_t>(default_rtx(source, spec)),
                     .red_payload_type = spec.red_payload_type.value_or(source.red_payload_type),
                     .extensions = spec.extensions.value_or(source.extensions),
                     .extmap_allow_mixed = spec.extmap_allow_mixed,
                     .mid = spec.mid,
                     .created_at_ms = source_.unix_ms()};
    if (auto ok = check_payload_types(leg.payload_type, leg.rtx_payload_type, leg.red_payload_type);
        !ok)
        return std::unexpected(ok.error());
    if (auto ok = check_extensions(leg.extensions); !ok) return std::unexpected(ok.error());
    if (auto ok = limits_.check_one_more(Limit::subscriptions, subscriptions_.size()); !ok)
        return std::unexpected(ok.error());
    if (auto ok =
            limits_.check_one_more(Limit::subscriptions_per_participant, received(receiver).size());
        !ok)
        return std::unexpected(ok.error());
    if (spec.rtx_ssrc && leg.rtx_payload_type == 0)
        return refuse(ErrorCode::missing_field, "rtx_payload_type",
                      "rtx_ssrc is given without an rtx_payload_type");
    const auto ssrc = outgoing_ssrc(**self, "ssrc", spec.ssrc, spec.rtx_ssrc.value_or(0));
    if (!ssrc) return std::unexpected(ssrc.error());
    leg.ssrc = *ssrc;
    if (leg.rtx_payload_type != 0) {
        const auto rtx_ssrc = outgoing_ssrc(**self, "rtx_ssrc", spec.rtx_ssrc, leg.ssrc);
        if (!rtx_ssrc) return std::unexpected(rtx_ssrc.error());
        leg.rtx_ssrc = *rtx_ssrc;
    }
    return Change{.puts = {std::move(leg)}, .next_id = next_id_ + 1};
}

Result<Change> Directory::plan_webrtc(ParticipantId id, WebRtcPeer peer) {
    const auto found = participant(id);
    if (!found) return std::unexpected(found.error());
    Participant changed = **found;
    changed.webrtc = std::move(peer);
    return Change{.puts = {std::move(changed)}, .next_id = next_id_};
}

Result<Change> Directory::plan_layers(SubscriptionId id, std::string_view layers) {
    const auto found = subscription(id);
    if (!found) return std::unexpected(found.error());
    Subscription leg = **found;
    const auto target = parse_layers(layers, tracks_.at(leg.track).encodings);
    if (!target) return std::unexpected(target.error());
    leg.target = *target;
    return Change{.puts = {std::move(leg)}, .next_id = next_id_};
}

}  // namespace strata::control
