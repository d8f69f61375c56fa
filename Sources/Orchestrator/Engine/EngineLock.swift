import Foundation

/// Held by the one engine that drives a state file, and let go by the kernel when its process ends, however it ends.
public final class EngineLock: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Takes the lock, or returns nil when another process has it.
  /// - Throws: `EngineError.cannotLock` when the file cannot be opened.
  public static func tryAcquire(_ path: String) throws(EngineError) -> EngineLock? {
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotLock(path, String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
    writeOwner(descriptor)
    return EngineLock(descriptor)
  }

  /// Waits, for as long as it takes, until the lock is free: a thread that the kernel wakes.
  public static func acquire(_ path: String) async throws(EngineError) -> EngineLock {
    let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotLock(path, String(cString: strerror(errno))) }
    let failure = await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: lock(descriptor)) }
    }
    if let failure {
      close(descriptor)
      throw .cannotLock(path, failure)
    }
    writeOwner(descriptor)
    return EngineLock(descriptor)
  }

  private static func lock(_ descriptor: Int32) -> String? {
    while flock(descriptor, LOCK_EX) != 0 {
      if errno != EINTR { return String(cString: strerror(errno)) }
    }
    return nil
  }

  /// The process that holds the lock, as far as it said.
  public static func owner(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func writeOwner(_ descriptor: Int32) {
    let text = "\(ProcessInfo.processInfo.processIdentifier)\n"
    ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
  }
}

public enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotLock(String, String)
  /// A stored run's manifest can no longer be read.
  case unreadableRun(String, String)

  public var description: String {
    switch self {
    case .cannotLock(let path, let reason): "cannot lock \(path): \(reason)"
    case .unreadableRun(let name, let reason): "the stored workflow of run '\(name)' cannot be read: \(reason)"
    }
  }
}
