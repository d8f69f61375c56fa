import CLinux
import Execution
import Foundation
import Synchronization
import WorkflowCore

/// Hears of ended processes and of changed files without polling: one thread that sleeps in `epoll_wait` until `stop`.
final class ProcessWatcher: Sendable {
  enum News: Sendable {
    case ended(AttemptID)
    /// The file of the attempt's progress was written or put in place.
    case progressed(AttemptID)
  }

  private struct Watched {
    var processes: [Int32: AttemptID] = [:]
    var directories: [Int32: AttemptID] = [:]
    var descriptors: [AttemptID: (process: Int32, directory: Int32)] = [:]
  }

  let news: AsyncStream<News>
  private let continuation: AsyncStream<News>.Continuation
  private let poll: Int32
  private let inotify: Int32
  /// Becomes readable when the thread is to end.
  private let ending: Int32
  private let watched = Mutex(Watched())

  init() throws(ExecutionError) {
    (news, continuation) = AsyncStream.makeStream()
    poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    inotify = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    ending = eventfd(0, Int32(EFD_CLOEXEC))
    guard poll >= 0, inotify >= 0, ending >= 0 else {
      throw .unavailable("cannot watch processes: \(errorText())")
    }
    add(inotify)
    add(ending)
    Thread.detachNewThread { [self] in
      while waitOnce() {}
      closeAll()
    }
  }

  /// Ends the thread and the news. The machine lends each user a limited number of watchers, so none may be left behind.
  func stop() { eventfd_write(ending, 1) }

  private func closeAll() {
    continuation.finish()
    let processes = watched.withLock { Array($0.processes.keys) }
    for descriptor in processes + [inotify, ending, poll] { close(descriptor) }
  }

  private func add(_ descriptor: Int32) {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: descriptor))
    epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event)
  }

  /// Whether one more process can be watched: each needs a descriptor, and starting one needs a few.
  var hasRoom: Bool {
    let spare = (0..<4).map { _ in dup(inotify) }
    spare.forEach { if $0 >= 0 { close($0) } }
    return !spare.contains { $0 < 0 }
  }

  /// Begins to watch a supervisor and its directory. One that has ended already is news at once.
  func watch(_ attempt: AttemptID, pid: pid_t, directory: String) {
    let process = linux_pidfd_open(pid)
    guard process >= 0 else {
      continuation.yield(.ended(attempt))
      return
    }
    let mask = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)
    let folder = inotify_add_watch(inotify, directory, mask)
    watched.withLock { watched in
      watched.processes[process] = attempt
      watched.directories[folder] = attempt
      watched.descriptors[attempt] = (process, folder)
    }
    add(process)
  }

  /// Sends a signal to the attempt's supervisor, if it is still there.
  func signal(_ attempt: AttemptID, _ number: Int32) {
    watched.withLock { watched in
      guard let descriptors = watched.descriptors[attempt] else { return }
      _ = linux_pidfd_signal(descriptors.process, number)
    }
  }

  /// Handles what has happened, as soon as something has; false once the watcher is to stop.
  private func waitOnce() -> Bool {
    var events = Array(repeating: epoll_event(), count: 64)
    let count = epoll_wait(poll, &events, Int32(events.count), -1)
    var goesOn = true
    for event in events.prefix(Int(max(count, 0))) {
      switch event.data.fd {
      case inotify: readChanges()
      case ending: goesOn = false
      default: end(event.data.fd)
      }
    }
    return goesOn
  }

  private func end(_ process: Int32) {
    guard let attempt = forget(process) else { return }
    // Taken off the list by hand: a child between fork and exec still has a copy of the descriptor, so closing ours alone
    // would leave an event behind that names whatever is opened under this number next.
    epoll_ctl(poll, EPOLL_CTL_DEL, process, nil)
    reap(process)
    close(process)
    continuation.yield(.ended(attempt))
  }

  private func forget(_ process: Int32) -> AttemptID? {
    watched.withLock { watched in
      guard let attempt = watched.processes.removeValue(forKey: process) else { return nil }
      if let folder = watched.descriptors.removeValue(forKey: attempt)?.directory {
        watched.directories[folder] = nil
        inotify_rm_watch(inotify, folder)
      }
      return attempt
    }
  }

  /// Lets go of a child; a supervisor adopted from another engine is no child, which is fine.
  private func reap(_ process: Int32) {
    var information = siginfo_t()
    waitid(P_PIDFD, id_t(process), &information, WEXITED | WNOHANG)
  }

  private func readChanges() {
    let size = 64 << 10
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    defer { buffer.deallocate() }
    let count = read(inotify, buffer, size)
    var offset = 0
    while offset + MemoryLayout<inotify_event>.size <= count {
      let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
      let text = (buffer + offset + MemoryLayout<inotify_event>.size).assumingMemoryBound(to: CChar.self)
      let name = event.len > 0 ? String(cString: text) : ""
      offset += MemoryLayout<inotify_event>.size + Int(event.len)
      guard name == AttemptDirectory.progressName else { continue }
      if let attempt = watched.withLock({ $0.directories[event.wd] }) { continuation.yield(.progressed(attempt)) }
    }
  }
}

func errorText() -> String { String(cString: strerror(errno)) }
