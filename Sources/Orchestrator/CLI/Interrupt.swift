import Dispatch
import Foundation

/// Calls `action` when Ctrl-C or SIGTERM comes, from here to the end of the process.
func onInterrupt(_ action: @escaping @Sendable () -> Void) {
  for number in [SIGINT, SIGTERM] {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    // The handler keeps its source alive.
    source.setEventHandler { withExtendedLifetime(source, action) }
    source.resume()
  }
}
