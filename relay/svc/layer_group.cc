#include "relay/svc/layer_group.h"

#include <algorithm>

namespace strata::relay {

GroupIndex GroupPool::find(LayerId layer) const {
    for (std::size_t i = 0; i < used_; ++i)
        if (heads_[i].members != 0 && heads_[i].layer == layer) return static_cast<GroupIndex>(i);
    return kNoGroup;
}

GroupIndex GroupPool::obtain(LayerId layer, std::int64_t n) {
    if (const GroupIndex found = find(layer); found != kNoGroup) return found;
    std::size_t oldest = heads_.size();
    for (std::size_t i = 0; i < heads_.size(); ++i) {
        if (heads_[i].members != 0) continue;
        if (oldest == heads_.size() || heads_[i].left_at < heads_[oldest].left_at) oldest = i;
    }
    Head& head = heads_[oldest];
    LayerGroup& body = bodies_[oldest];
    head.layer = layer;
    ++head.generation;
    used_ = std::max(used_, static_cast<std::uint32_t>(oldest + 1));
    body.numbers.start(n);
    body.pictures.reset();
    body.last = LastSent{};
    body.marked_picture = -1;
    body.mask_due = false;
    return static_cast<GroupIndex>(oldest);
}

void GroupPool::leave(GroupIndex group) {
    Head& head = heads_[group];
    --members_[head.layer.encoding];
    if (--head.members == 0) head.left_at = ++leavings_;
}

void GroupPool::copy_into(GroupPool& larger) const {
    larger.heads_ = heads_;
    larger.bodies_ = bodies_;
    larger.leavings_ = leavings_;
    larger.used_ = used_;
    larger.members_ = members_;
}

}  // namespace strata::relay
