#pragma once

#include <netinet/in.h>

#include <memory>
#include <vector>

#include "dataplane/api/statistics_segment.h"
#include "dataplane/port/pools.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/objects.h"
#include "dataplane/worker/worker.h"

namespace strata::bench {

// The product: a whole worker on the socket port, with one publisher and its receivers. EAL is up.
class StrataRelay {
  public:
    // Ends the program when it can't.
    StrataRelay(const sockaddr_in& publisher, const std::vector<sockaddr_in>& receivers,
                const dataplane::Pools& pools);
    ~StrataRelay();

    sockaddr_in address() const;
    // One turn; returns how many packets were sent.
    std::uint64_t turn();

  private:
    dataplane::Transport& add_transport(const sockaddr_in& remote);
    void add_receiver(const sockaddr_in& address);
    void submit(const dataplane::Command& command);

    std::unique_ptr<dataplane::Port> port_;
    std::unique_ptr<api::WorkerBlock> block_;
    std::unique_ptr<dataplane::Worker> worker_;
    std::vector<std::unique_ptr<dataplane::Transport>> transports_;
    std::unique_ptr<dataplane::PublishedTrack> track_;
    std::vector<std::unique_ptr<dataplane::Subscription>> subscriptions_;
};

}  // namespace strata::bench
