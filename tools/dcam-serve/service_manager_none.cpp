// Built without libsystemd.
#include "dcam-serve/service_manager.hpp"

namespace dualcam::serve {

ServiceManager::ServiceManager() = default;
Result<int> ServiceManager::listener() { return -1; }
void ServiceManager::ready(const std::string&) { (void)watchdog_; }
void ServiceManager::stopping() {}
void ServiceManager::alive(TimePoint now) { said_ = now; }

} // namespace dualcam::serve
