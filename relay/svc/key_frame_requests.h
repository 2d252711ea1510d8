#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/rtp/types.h"
#include "relay/svc/layers.h"

namespace strata::relay {

// Key-frame requests to one publisher's encodings (C33): asked at once when the need arises, never
// more often than `min_interval_us`, repeated each `retry_us` for as long as the need lasts,
// forgotten when a key frame comes.
class KeyFrameRequests {
  public:
    KeyFrameRequests(TimeUs min_interval_us, TimeUs retry_us)
        : min_interval_us_(min_interval_us), retry_us_(retry_us) {}

    // Somebody needs a key frame now: a receiver said so.
    void ask(std::size_t encoding) {
        state_[encoding].asked = true;
        due_ = true;
    }
    // Whether receivers wait for one in order to start or to switch; call whenever that may change.
    void set_waiting(std::size_t encoding, bool waiting);
    void on_key_frame(std::size_t encoding) { state_[encoding].asked = false; }

    // False: next() has none.
    bool due() const { return due_; }
    // What due() looks at.
    const void* hot() const { return &due_; }
    // The next encoding to ask, once per request.
    std::optional<std::uint8_t> next(TimeUs now) { return due_ ? next_due(now) : std::nullopt; }

  private:
    struct Encoding {
        bool asked = false;    // to be sent as soon as the throttle allows
        bool waiting = false;  // and to be repeated
        bool ever = false;
        TimeUs last_sent = 0;
    };
    std::optional<std::uint8_t> next_due(TimeUs now);

    TimeUs min_interval_us_, retry_us_;
    std::array<Encoding, kMaxEncodings> state_;
    bool due_ = false;  // any asked or waiting
};

}  // namespace strata::relay
