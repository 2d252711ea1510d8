#pragma once

#include <string>
#include <string_view>

#include "control/room/records.h"
#include "control/store/store.h"

// Records as keys and JSON values of the store. Fields are only ever added: a value that lacks one
// gets the default, an unknown one is ignored.
namespace strata::control {

constexpr std::string_view kNextIdKey = "node/next_id";

std::string store_key(const RecordKey& key);

// The writes that make `change` last, the id sequence included.
StoreTransaction to_transaction(const Change& change);

// Everything that is stored as one change, in an order that can be applied. store_unavailable when
// a value can't be read.
Result<Change> load_all(Store& store);

}  // namespace strata::control
