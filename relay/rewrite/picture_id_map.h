#pragma once

#include <cstdint>

#include "relay/rewrite/number_map.h"

namespace strata::relay {

constexpr std::size_t kPictureWindow = 512;  // 8 s at 60 frames/s

// VP8 picture ids of one layer group (C23): contiguous over frames that policy drops, with a hole
// for each frame lost upstream. Extended picture ids; every packet of a frame gets the same answer.
class PictureIdMap {
  public:
    struct Decision {
        bool forward = false;
        std::int64_t id =
            0;  // outgoing, less the receiver's offset; low 7 or 15 bits go on the wire
    };

    // A packet of frame `picture`, which the group wants or not. A frame that is not wanted but
    // comes so late that its id is reserved is forwarded nevertheless: a hole stalls receivers.
    Decision decide(std::int64_t picture, bool wanted) {
        if (picture == forwarded_ && picture >= map_.lowest()) return {true, forwarded_as_};
        return decide_any(picture, wanted);
    }

    // decide() of first … last, none of them heard of before and none wanted.
    void drop_run(std::int64_t first, std::int64_t last) {
        while (first <= last && first <= map_.highest()) decide_any(first++, false);
        map_.drop_run(first, last);
    }

    // As NumberMap's: what a receiver's offset is computed from when it leaves or joins the group.
    void freeze_before(std::int64_t picture) { map_.freeze_before(picture); }
    std::int64_t next_id() const { return map_.next_number(); }
    // Id that `picture` has, or would be given if it went out now.
    std::int64_t expected(std::int64_t picture) const { return map_.expected(picture); }
    bool started() const { return map_.started(); }
    void start(std::int64_t picture) {
        forwarded_ = -1;
        map_.start(picture);
    }
    // Forgets everything: the first frame starts it again.
    void reset() {
        forwarded_ = -1;
        map_.reset();
    }

  private:
    Decision decide_any(std::int64_t picture, bool wanted);

    // The last picture that was forwarded, -1: none; most packets are of it.
    std::int64_t forwarded_ = -1, forwarded_as_ = 0;
    NumberMap<kPictureWindow> map_;
};

extern template class NumberMap<kPictureWindow>;

}  // namespace strata::relay
