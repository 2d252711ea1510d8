#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/net/ingress.h"
#include "dataplane/net/tap.h"
#include "dataplane/port/frame_ring.h"
#include "dataplane/port/kernel_rates.h"
#include "dataplane/worker/doorbell.h"
#include "relay/ice/rate_limit.h"

namespace strata::dataplane {

// What is between one port's worker 0 and the kernel's interface that has the port's addresses: two
// rings of frames. The worker makes no system call but one to wake the other side when it sleeps;
// that side is a KernelMirror.
class KernelLink {
  public:
    KernelLink(net::Tap tap, const KernelRates& rates, std::size_t frames, std::size_t frame_bytes)
        : tap_(std::move(tap)),
          to_kernel_(frames, frame_bytes),
          from_kernel_(frames, frame_bytes),
          limits_{relay::RateLimit{0},
                  relay::RateLimit{rates.tcp},
                  relay::RateLimit{rates.udp},
                  relay::RateLimit{rates.icmp},
                  relay::RateLimit{rates.neighbour},
                  relay::RateLimit{rates.other}} {}

    enum class Given : std::uint8_t { taken, limited, full };
    // Worker. An untagged frame; at most the rings' frame size of it, which holds what the port
    // receives.
    Given give(net::Punt kind, std::span<const std::uint8_t> frame, std::uint16_t tag_bytes,
               relay::TimeUs now);
    // Worker: frames that the kernel sends, untagged.
    FrameRing& from_kernel() { return from_kernel_; }

    // KernelMirror's thread.
    FrameRing& to_kernel() { return to_kernel_; }
    int tap() const { return tap_.fd(); }
    // Rung by the worker, answered by the thread; set before the worker runs. Without one nobody
    // serves the link, and its ring stays full.
    void set_bell(Doorbell& bell) { bell_ = &bell; }

  private:
    net::Tap tap_;
    FrameRing to_kernel_, from_kernel_;
    std::array<relay::RateLimit, net::kPunts> limits_;
    Doorbell* bell_ = nullptr;
};

}  // namespace strata::dataplane
