#include "dataplane/worker/marks.h"

#include <cstdint>

namespace strata::dataplane {

void sum_marks(PublishedTrack& track) {
    track.watched_marks = 0;
    for (const Subscription* s = track.watched; s; s = s->next_watched)
        track.watched_marks = static_cast<std::uint8_t>(track.watched_marks | s->marks);
    track.observed = static_cast<std::uint8_t>(track.marks | track.watched_marks);
}

void set_marks(const Command& command) {
    if (command.transport) command.transport->marks = command.marks;
    if (command.track) {
        command.track->marks = command.marks;
        sum_marks(*command.track);
    }
    if (command.subscription) {
        unwatch(*command.subscription);
        command.subscription->marks = command.marks;
        watch(*command.subscription);
    }
}

void watch(Subscription& subscription) {
    if (subscription.marks == 0) return;
    PublishedTrack& track = *subscription.track;
    subscription.next_watched = track.watched;
    track.watched = &subscription;
    track.watched_marks = static_cast<std::uint8_t>(track.watched_marks | subscription.marks);
    track.observed = static_cast<std::uint8_t>(track.marks | track.watched_marks);
}

void unwatch(Subscription& subscription) {
    if (subscription.marks == 0) return;
    Subscription** at = &subscription.track->watched;
    while (*at && *at != &subscription) at = &(*at)->next_watched;
    if (*at) *at = subscription.next_watched;
    subscription.next_watched = nullptr;
    sum_marks(*subscription.track);
}

}  // namespace strata::dataplane
