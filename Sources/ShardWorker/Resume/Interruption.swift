import Glibc
import Synchronization

/// SIGTERM as a request: the shard ends at the next row group's end.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether SIGTERM came since `observe()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Makes SIGTERM set the flag in place of ending the process.
  static func observe() {
    // The first use of a global initialises it, which a signal handler must not do.
    flag.store(false, ordering: .relaxed)
    signal(SIGTERM) { _ in Interruption.flag.store(true, ordering: .relaxed) }
    // A parent that spawns from a thread which blocks signals hands that on.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
