#include "dataplane/worker/sending.h"

namespace strata::dataplane {

void send_all(const FanOuts& fan_outs, std::span<const relay::Output> outputs, rte_mbuf& packet,
              Sending how) {
    for (std::size_t begin = 0; begin < outputs.size();) {
        std::size_t end = begin + 1;
        const std::size_t port = port_of(outputs[begin].receivers.front());
        while (end < outputs.size() && port_of(outputs[end].receivers.front()) == port) ++end;
        fan_outs[port]->send(packet, outputs.subspan(begin, end - begin), how.tx_class, how.now,
                             how.input);
        begin = end;
    }
}

}  // namespace strata::dataplane
