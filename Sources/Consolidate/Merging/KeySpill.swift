import Foundation
import Storage
import Synchronization

/// Fingerprints of keys on disk, in shares by their value: equal keys lie in the same share, and a share fits into
/// memory, however many rows there are.
///
/// The file has no name, so that it goes with the process, however that ends.
final class KeySpill: Sendable {
  /// A key, and the position of its row.
  struct Entry: BitwiseCopyable {
    let key: KeyFingerprint
    let position: Int
  }

  private struct Extent {
    let offset: Int
    let count: Int
  }

  private struct Written {
    var end = 0
    var extents: [[Extent]]
  }

  /// About as many entries are in a share; what bounds the memory.
  private static let entriesPerShare = 1 << 18
  private static let mostShares = 1 << 12

  /// A power of two.
  let shares: Int
  private let shift: UInt64
  private let descriptor: Int32
  private let written: Mutex<Written>

  /// - Parameter rows: how many keys there will be, about.
  convenience init(rows: Int) throws {
    var shares = 1
    while shares < Self.mostShares, rows > shares * Self.entriesPerShare { shares *= 2 }
    try self.init(shares: shares)
  }

  init(shares: Int) throws {
    self.shares = shares
    shift = UInt64(64 - shares.trailingZeroBitCount)
    written = Mutex(Written(extents: Array(repeating: [], count: shares)))
    var template = Array((NSTemporaryDirectory() + "/consolidate-keys-XXXXXX").utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.failure("make a temporary file in") }
    unlink(template)
  }

  deinit { close(descriptor) }

  /// Gathers entries on one thread, and writes them in blocks.
  struct Appender {
    private static let blockEntries = 1 << 10
    private let spill: KeySpill
    private var blocks: [[Entry]]

    init(_ spill: KeySpill) {
      self.spill = spill
      blocks = Array(repeating: [], count: spill.shares)
    }

    mutating func append(_ keys: [KeyFingerprint], from position: Int) throws {
      for (index, key) in keys.enumerated() {
        let share = Int(truncatingIfNeeded: key.high >> spill.shift)
        blocks[share].append(Entry(key: key, position: position + index))
        guard blocks[share].count == Self.blockEntries else { continue }
        try spill.write(blocks[share], to: share)
        blocks[share].removeAll(keepingCapacity: true)
      }
    }

    /// Writes what is left.
    mutating func finish() throws {
      for share in blocks.indices where !blocks[share].isEmpty {
        try spill.write(blocks[share], to: share)
        blocks[share] = []
      }
    }
  }

  func count(of share: Int) -> Int { extents(of: share).reduce(0) { $0 + $1.count } }

  /// Calls `body` with each entry of a share, in no order.
  func read(_ share: Int, _ body: (Entry) -> Void) throws {
    var block: [Entry] = []
    for extent in extents(of: share) {
      block = try entries(extent)
      for entry in block { body(entry) }
    }
  }

  private func extents(of share: Int) -> [Extent] { written.withLock { $0.extents[share] } }

  private func write(_ entries: [Entry], to share: Int) throws {
    let bytes = entries.count * MemoryLayout<Entry>.stride
    let offset = written.withLock { written in
      defer { written.end += bytes }
      written.extents[share].append(Extent(offset: written.end, count: entries.count))
      return written.end
    }
    try entries.withUnsafeBytes { buffer in
      var done = 0
      while done < bytes {
        let count = pwrite(descriptor, buffer.baseAddress.map { $0 + done }, bytes - done, off_t(offset + done))
        guard count > 0 || errno == EINTR else { throw Self.failure("write a temporary file in") }
        done += max(count, 0)
      }
    }
  }

  private func entries(_ extent: Extent) throws -> [Entry] {
    let bytes = extent.count * MemoryLayout<Entry>.stride
    var isWhole = true
    let entries = [Entry](unsafeUninitializedCapacity: extent.count) { buffer, count in
      var done = 0
      while done < bytes, isWhole {
        let target = UnsafeMutableRawPointer(buffer.baseAddress).map { $0 + done }
        let read = pread(descriptor, target, bytes - done, off_t(extent.offset + done))
        isWhole = read > 0 || (read < 0 && errno == EINTR)
        done += max(read, 0)
      }
      count = isWhole ? extent.count : 0
    }
    guard isWhole else { throw Self.failure("read a temporary file in") }
    return entries
  }

  private static func failure(_ operation: String) -> ConsolidateError {
    .system(path: NSTemporaryDirectory(), operation: operation, reason: String(cString: strerror(errno)))
  }
}

extension KeySpill {
  /// How many rows have the key of another row, not counting one row of each key.
  func duplicates() throws -> Int {
    try Parallel.map(Array(0..<shares)) { share in try KeyTable(self, share).duplicates }.reduce(0, +)
  }
}

/// One share's keys in memory: open addressing, at most half full.
struct KeyTable {
  private var slots: [KeySpill.Entry]
  private let mask: Int
  /// Entries whose key was there already.
  private(set) var duplicates = 0

  init(_ spill: KeySpill, _ share: Int) throws {
    var size = 2
    while size < 2 * spill.count(of: share) { size *= 2 }
    mask = size - 1
    slots = Array(repeating: .init(key: .init(high: 0, low: 0), position: -1), count: size)
    var (slots, mask, duplicates) = (slots, mask, 0)
    self.slots = []
    try spill.read(share) { entry in
      if !Self.insert(entry, &slots, mask) { duplicates += 1 }
    }
    (self.slots, self.duplicates) = (slots, duplicates)
  }

  /// The position of the row with this key.
  func position(of key: KeyFingerprint) -> Int? {
    let found = slots[Self.slot(of: key, in: slots, mask)]
    return found.position < 0 ? nil : found.position
  }

  /// - Returns: whether the key was new.
  private static func insert(_ entry: KeySpill.Entry, _ slots: inout [KeySpill.Entry], _ mask: Int) -> Bool {
    let index = slot(of: entry.key, in: slots, mask)
    guard slots[index].position < 0 else { return false }
    slots[index] = entry
    return true
  }

  /// Where a key is, or would be.
  private static func slot(of key: KeyFingerprint, in slots: [KeySpill.Entry], _ mask: Int) -> Int {
    // A share has the same leading bits throughout; these are others.
    var index = Int(truncatingIfNeeded: key.low) & mask
    while slots[index].position >= 0, slots[index].key != key { index = (index + 1) & mask }
    return index
  }
}
