import Dispatch
import Foundation
import Synchronization

/// Whether Ctrl-C (or SIGTERM) has come.
final class Interrupt: Sendable {
  private let state = Mutex(false)
  nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

  var isSet: Bool { state.withLock { $0 } }

  init(_ action: @escaping @Sendable () -> Void) {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [self] in
        state.withLock { $0 = true }
        action()
      }
      source.resume()
      sources.append(source)
    }
  }
}

func onInterrupt(_ action: @escaping @Sendable () -> Void) -> Interrupt { Interrupt(action) }
