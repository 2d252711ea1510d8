#pragma once

#include "dataplane/worker/command.h"
#include "dataplane/worker/objects.h"

// Whom observations are about: bit i of an object's marks, observation i (Observer). Thread: the
// worker's.
namespace strata::dataplane {

// Command::Kind::set_marks.
void set_marks(const Command& command);
// After a change of the marks of a track, or of those of its receivers that it knows.
void sum_marks(PublishedTrack& track);
// A subscription that comes, and one that goes: a track knows those of its receivers that have
// marks.
void watch(Subscription& subscription);
void unwatch(Subscription& subscription);

}  // namespace strata::dataplane
