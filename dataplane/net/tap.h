#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "dataplane/net/local_net.h"

namespace strata::dataplane::net {

// An interface of the kernel's whose other side is a descriptor: what is written to it the kernel
// receives, what the kernel sends is read from it. Whole Ethernet frames, checksums filled in.
// Gone with this object.
class Tap {
  public:
    // Made, given the port's MAC and IP addresses, and up; `mtu` of the IP packet. The error says
    // what the kernel refused.
    static std::expected<Tap, std::string> open(const std::string& name, const LocalNet& local,
                                                std::uint16_t mtu);
    // Takes over a descriptor that carries one frame per read and write, and doesn't block.
    explicit Tap(int fd) : fd_(fd) {}
    Tap(Tap&& other) noexcept;
    Tap& operator=(Tap&&) = delete;
    ~Tap();

    int fd() const { return fd_; }  // doesn't block

  private:
    int fd_;
};

}  // namespace strata::dataplane::net
