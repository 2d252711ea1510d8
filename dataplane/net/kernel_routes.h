#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/net/local_net.h"

namespace strata::dataplane::net {

// The kernel's routes over one interface, kept up to date by rtnetlink (RFC 3549). Those of the
// main table, of one address family, with one next hop; nothing is written. One thread.
class KernelRoutes {
  public:
    // At most `capacity` of them are kept.
    static std::expected<KernelRoutes, std::string> open(const std::string& interface, bool v4,
                                                         std::size_t capacity);
    KernelRoutes(KernelRoutes&& other) noexcept;
    KernelRoutes& operator=(KernelRoutes&&) = delete;
    ~KernelRoutes();

    // Takes in what the kernel has announced, bounded; never blocks. True: the routes have changed.
    bool read();
    // Of several to one prefix the one with the lowest metric.
    std::vector<Route> routes() const;
    std::uint64_t refused() const { return refused_; }  // beyond the capacity

    // Takes messages in as they come from the kernel.
    bool apply(std::span<const std::uint8_t> messages);

  private:
    // Address, bits, metric.
    using Key = std::tuple<std::array<std::uint8_t, 16>, std::uint8_t, std::uint32_t>;
    KernelRoutes(int fd, int interface, bool v4, std::size_t capacity)
        : fd_(fd), interface_(interface), v4_(v4), capacity_(capacity) {}
    bool ask_for_all() const;
    bool set(const Key& key, const IpAddress& hop);

    int fd_;
    int interface_;
    bool v4_;
    std::size_t capacity_;
    std::map<Key, IpAddress> routes_;
    std::uint64_t refused_ = 0;
};

}  // namespace strata::dataplane::net
