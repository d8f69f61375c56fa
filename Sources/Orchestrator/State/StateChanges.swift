import Foundation
import Synchronization

/// Hears of changes to files of one folder without polling: a thread that sleeps until the kernel has news.
///
/// Changes that come faster than they are read are told of once.
public final class FileChanges: Sendable {
  public let news: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let inotify: Int32
  private let names: Set<String>

  /// - Parameter names: the files to hear of; they need not exist yet.
  public init(of names: Set<String>, in folder: String) throws(StateError) {
    self.names = names
    (news, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    inotify = inotify_init1(Int32(IN_CLOEXEC))
    let mask = UInt32(IN_MODIFY) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE)
    guard inotify >= 0, inotify_add_watch(inotify, folder, mask) >= 0 else {
      throw .failed(path: folder, reason: "cannot watch the folder: \(String(cString: strerror(errno)))")
    }
    Thread.detachNewThread { [continuation, inotify, names] in Self.listen(inotify, names, continuation) }
  }

  deinit { continuation.finish() }

  private static func listen(_ inotify: Int32, _ names: Set<String>, _ news: AsyncStream<Void>.Continuation) {
    let size = 16 << 10
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    defer {
      buffer.deallocate()
      close(inotify)
    }
    while true {
      let count = read(inotify, buffer, size)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return news.finish() }
      guard mentions(names, in: UnsafeRawBufferPointer(start: buffer, count: count)) else { continue }
      if case .terminated = news.yield() { return }
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
  public func commits() throws(StateError) -> FileChanges { try FileChanges(of: [name + "-wal", name], in: folder) }
}
