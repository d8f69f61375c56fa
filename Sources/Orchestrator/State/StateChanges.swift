import Foundation

/// Hears of changes to files of one folder without polling: a thread that sleeps until the kernel has news.
///
/// Changes that come faster than they are read are told of once.
public final class FileChanges: Sendable {
  public let news: AsyncStream<Void>
  /// One end of a pipe; closing it ends the thread.
  private let lifeline: Int32

  /// - Parameter names: the files to hear of; they need not exist yet.
  public init(of names: Set<String>, in folder: String) throws(StateError) {
    let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.news = news
    let inotify = inotify_init1(Int32(IN_CLOEXEC))
    let mask = UInt32(IN_MODIFY) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE)
    var ends: [Int32] = [-1, -1]
    guard inotify >= 0, inotify_add_watch(inotify, folder, mask) >= 0, pipe(&ends) == 0 else {
      let reason = String(cString: strerror(errno))
      if inotify >= 0 { close(inotify) }
      throw .failed(path: folder, reason: "cannot watch the folder: \(reason)")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    lifeline = ends[1]
    Thread.detachNewThread { [end = ends[0]] in
      Self.listen(inotify, until: end, names, continuation)
      close(inotify)
      close(end)
      continuation.finish()
    }
  }

  deinit { close(lifeline) }

  private static func listen(
    _ inotify: Int32, until end: Int32, _ names: Set<String>, _ news: AsyncStream<Void>.Continuation
  ) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 8)
    defer { buffer.deallocate() }
    while true {
      var waits = [pollfd(fd: inotify, events: Int16(POLLIN), revents: 0), pollfd(fd: end, events: 0, revents: 0)]
      poll(&waits, 2, -1)
      guard waits[1].revents == 0 else { return }
      guard waits[0].revents != 0 else { continue }
      let count = read(inotify, buffer.baseAddress, buffer.count)
      if count > 0, mentions(names, in: UnsafeRawBufferPointer(rebasing: buffer[..<count])) { news.yield() }
    }
  }

  private static func mentions(_ names: Set<String>, in events: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    let head = MemoryLayout<inotify_event>.size
    while offset + head <= events.count, let base = events.baseAddress {
      let event = events.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      let text = (base + offset + head).assumingMemoryBound(to: CChar.self)
      // What overflowed the queue may have been anything.
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return true }
      if event.len > 0, names.contains(String(cString: text)) { return true }
      offset += head + Int(event.len)
    }
    return false
  }
}

extension StateFile {
  private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }
  private var name: String { URL(fileURLWithPath: path).lastPathComponent }

  /// Whoever has written something for an engine touches this file.
  private var bell: String { path + ".wake" }

  /// Tells the engine that drives this file, if there is one, to look for new runs and requests.
  public func wakeEngine() {
    let descriptor = Foundation.open(bell, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
    if descriptor >= 0 { close(descriptor) }
  }

  /// For the engine: new runs and requests.
  public func calls() throws(StateError) -> FileChanges { try FileChanges(of: [name + ".wake"], in: folder) }

  /// For those who follow runs: every commit, whoever makes it.
  public func commits() throws(StateError) -> FileChanges {
    try FileChanges(of: [name + "-wal", name, name + ".news"], in: folder)
  }

  /// Tells those who follow runs that a commit can be read: the log is written before, and they may have looked too early.
  func announce() {
    let descriptor = Foundation.open(path + ".news", O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
    if descriptor >= 0 { close(descriptor) }
  }
}
