#include "relay/svc/key_frame_requests.h"

namespace strata::relay {

void KeyFrameRequests::set_waiting(std::size_t encoding, bool waiting) {
    Encoding& e = state_[encoding];
    if (waiting && !e.waiting) e.asked = true;
    e.waiting = waiting;
    due_ = due_ || waiting;
}

std::optional<std::uint8_t> KeyFrameRequests::next_due(TimeUs now) {
    due_ = false;
    for (std::size_t i = 0; i < state_.size(); ++i) {
        Encoding& e = state_[i];
        if (!e.asked && !e.waiting) continue;
        due_ = true;
        const TimeUs pause = e.asked ? min_interval_us_ : retry_us_;
        if (e.ever && now - e.last_sent < pause) continue;
        e.asked = false;
        e.ever = true;
        e.last_sent = now;
        return static_cast<std::uint8_t>(i);
    }
    return std::nullopt;
}

}  // namespace strata::relay
