#include "control/meeting/slot_plan.h"

#include <algorithm>

#include "control/room/layers_text.h"
#include "control/room/track_layers.h"
#include "control/signalling/sdp/codec_choice.h"
#include "control/signalling/sdp/description.h"

namespace strata::control::meeting {
namespace {

// The number by which who publishes is ordered and told apart.
std::uint64_t owner_of(const Participant& participant) {
    return participant.membership ? participant.membership->member.value : participant.id.value;
}

std::string owner_text(const Directory& directory, std::uint64_t owner) {
    const bool member = directory.members().contains(MemberId{owner});
    return member ? id_text(MemberId{owner}) : id_text(ParticipantId{owner});
}

bool pinned_by_profile(const Directory& directory, const RoomProfile& profile,
                       std::uint64_t owner) {
    if (profile.pinned == RoomProfile::Pinned::all) return true;
    if (profile.pinned == RoomProfile::Pinned::nobody) return false;
    const auto found = directory.members().find(MemberId{owner});
    return found != directory.members().end() && found->second.rights.admin;
}

// Its own pins in their order, then the profile's.
std::uint32_t pin_of(const Directory& directory, const Member& member, const SlotCandidate& one) {
    const auto place = [&](const std::string& text) {
        return static_cast<std::uint32_t>(std::ranges::find(member.pins, text) -
                                          member.pins.begin());
    };
    const auto count = static_cast<std::uint32_t>(member.pins.size());
    std::uint32_t pin = count;
    if (count != 0)
        pin = std::min(place(id_text(one.track)), place(owner_text(directory, one.owner)));
    if (pin < count) return pin;
    return pinned_by_profile(directory, member.profile, one.owner) ? count : kNotPinned;
}

bool has_descriptor(const Extensions& extensions) {
    return std::ranges::any_of(
        extensions, [](const auto& e) { return e.second == sdp::uri::kDependencyDescriptor; });
}

// C10: a slot never mixes packets of one codec with and without the descriptor, whoever is in it.
// What VP8, VP9 and H.264 are decoded by stands in every publisher's packets, so that slots do
// without; AV1's layers can't be taken apart without it, so that its slots are of one form each.
Extensions extensions_for(const SlotTerms& terms, const Track& track) {
    Extensions extensions = terms.extensions;
    if (track.codec != "AV1")
        std::erase_if(extensions,
                      [](const auto& e) { return e.second == sdp::uri::kDependencyDescriptor; });
    return extensions;
}

Subscription feed_of(const Member& member, const Slot& slot, ParticipantId leg,
                     const Track& track) {
    const SlotTerms& terms = slot.kind == MediaKind::audio ? member.audio : member.video;
    const SlotFormat& format = *format_of(member, track);
    Subscription feed{
        .participant = leg,
        .track = track.id,
        .target = target_of(member, slot, track),
        .ssrc = slot.ssrc,
        .payload_type = format.payload_type,
        .rtx_ssrc = format.rtx_payload_type != 0 ? slot.rtx_ssrc : 0,
        .rtx_payload_type = slot.rtx_ssrc != 0 ? format.rtx_payload_type : std::uint8_t{0},
        // RED goes only where it comes from RED.
        .red_payload_type = track.red_payload_type != 0 ? format.red_payload_type : std::uint8_t{0},
        .extensions = extensions_for(terms, track),
        .extmap_allow_mixed = member.extmap_allow_mixed,
        .mid = slot.mid};
    return feed;
}

Av1Form av1_form(const Member& member, const Track& track) {
    if (track.codec != "AV1") return Av1Form::none;
    const bool described =
        has_descriptor(track.extensions) && has_descriptor(member.video.extensions);
    return described ? Av1Form::described : Av1Form::bare;
}

// What `member` could be shown or hear of `candidates`.
void keep_decodable(const Directory& directory, const Member& member,
                    std::vector<SlotCandidate>& candidates) {
    std::erase_if(candidates, [&](const SlotCandidate& one) {
        return one.owner == member.id.value ||
               format_of(member, directory.tracks().at(one.track)) == nullptr;
    });
    for (SlotCandidate& one : candidates)
        one.av1 = av1_form(member, directory.tracks().at(one.track));
}

}  // namespace

const SlotFormat* format_of(const Member& member, const Track& track) {
    const bool audio = kind_of(track.source) == MediaKind::audio;
    for (const SlotFormat& format : audio ? member.audio.formats : member.video.formats)
        if (format.codec == track.codec &&
            sdp::decodes(track.codec, track.format_parameters, format.parameters))
            return &format;
    return nullptr;
}

relay::LayerTarget target_of(const Member& member, const Slot& slot, const Track& track) {
    relay::LayerTarget target;  // everything
    target.encoding = static_cast<std::uint8_t>(track.encodings.size() - 1);
    const SlotLayers& usual = member.profile.layers;
    if (const auto wished = parse_layers(slot.wish.layers, track.encodings);
        wished && !slot.wish.layers.empty()) {
        target = *wished;
    } else if (slot.wish.height_px != 0) {
        target = layers_for(track, slot.wish.height_px);
    } else if (!usual.by_size) {
        target = usual.highest;
        target.encoding = static_cast<std::uint8_t>(track.encodings.size() - 1);
    }
    // Browsers take the layers of an AV1 picture for pictures of their own without the descriptor.
    if (track.codec == "AV1" && has_descriptor(track.extensions) &&
        !has_descriptor(member.video.extensions))
        target.spatial = 0;
    target.paused |= slot.wish.paused || track.muted;
    return target;
}

std::vector<SlotCandidate> candidates_of(const Directory& directory, std::string_view room,
                                         const Speakers* speakers) {
    std::vector<SlotCandidate> found;
    for (const ParticipantId id : directory.participants_in(room))
        for (const TrackId track_id : directory.published(id)) {
            const Track& track = directory.tracks().at(track_id);
            found.push_back({.track = track_id,
                             .owner = owner_of(directory.participants().at(id)),
                             .source = track.source,
                             .muted = track.muted,
                             .voice = speakers ? speakers->place(track_id) : kNeverHeard});
        }
    return found;
}

std::vector<SlotFilling> fillings_of(const Directory& directory, const Member& member,
                                     std::vector<SlotCandidate> candidates) {
    const Participant* leg = directory.receiving_leg(member.id);
    if (leg == nullptr || !member.answered) return {};
    keep_decodable(directory, member, candidates);
    for (SlotCandidate& one : candidates) one.pin = pin_of(directory, member, one);
    std::vector<SlotPlace> places;
    for (const Slot& slot : member.slots) {
        SlotPlace place{.kind = slot.kind, .usable = slot.usable, .av1 = slot.av1};
        for (const SubscriptionId id : directory.received(leg->id)) {
            const Subscription& present = directory.subscriptions().at(id);
            if (present.mid == slot.mid) place.track = present.track;
        }
        places.push_back(place);
    }
    const auto assigned = assign_slots(places, candidates);
    std::vector<SlotFilling> fillings;
    for (std::size_t i = 0; i < member.slots.size(); ++i) {
        const Slot& slot = member.slots[i];
        SlotFilling filling{.leg = leg->id, .mid = slot.mid};
        if (assigned[i]) {
            const Track& track = directory.tracks().at(*assigned[i]);
            filling.wanted = feed_of(member, slot, leg->id, track);
            filling.av1 = av1_form(member, track);
        }
        fillings.push_back(std::move(filling));
    }
    return fillings;
}

std::vector<Unshown> unshown_to(const Directory& directory, const Member& member,
                                std::span<const SlotCandidate> candidates) {
    if (directory.receiving_leg(member.id) == nullptr || !member.answered) return {};
    std::vector<Unshown> unshown;
    for (const SlotCandidate& one : candidates) {
        const auto of_kind = [&](const Slot& slot) {
            return slot.usable && slot.kind == kind_of(one.source);
        };
        if (one.owner == member.id.value || std::ranges::none_of(member.slots, of_kind)) continue;
        const Track& track = directory.tracks().at(one.track);
        const Av1Form form = av1_form(member, track);
        const auto takes = [&](const Slot& slot) {
            return of_kind(slot) &&
                   (form == Av1Form::none || slot.av1 == Av1Form::none || slot.av1 == form);
        };
        if (format_of(member, track) == nullptr)
            unshown.push_back({track.id, Unshown::Reason::codec});
        else if (std::ranges::none_of(member.slots, takes))
            unshown.push_back({track.id, Unshown::Reason::av1_form});
    }
    return unshown;
}

}  // namespace strata::control::meeting
