/// A value of Thrift's compact protocol, in which Parquet footers are written.
///
/// Read and written without a schema, so that what this program does not know survives.
indirect enum ThriftValue: Equatable {
  case bool(Bool)
  case byte(UInt8)
  case integer(kind: UInt8, Int64)
  case double([UInt8])
  case binary([UInt8])
  case list(kind: UInt8, isSet: Bool, [ThriftValue])
  case structure(ThriftStruct)

  var integer: Int? {
    guard case .integer(_, let value) = self else { return nil }
    return Int(value)
  }

  var structure: ThriftStruct? {
    guard case .structure(let value) = self else { return nil }
    return value
  }

  var elements: [ThriftValue]? {
    guard case .list(_, _, let elements) = self else { return nil }
    return elements
  }
}

/// Fields by their identifiers, in the order in which they were read.
struct ThriftStruct: Equatable {
  var fields: [(id: Int, value: ThriftValue)] = []

  static func == (left: ThriftStruct, right: ThriftStruct) -> Bool {
    left.fields.map(\.id) == right.fields.map(\.id) && left.fields.map(\.value) == right.fields.map(\.value)
  }

  subscript(_ id: Int) -> ThriftValue? { fields.first { $0.id == id }?.value }

  /// Replaces the value of a field; a field that is not there is put where its identifier belongs.
  mutating func set(_ id: Int, _ value: ThriftValue) {
    if let index = fields.firstIndex(where: { $0.id == id }) {
      fields[index].value = value
    } else {
      let index = fields.firstIndex { $0.id > id } ?? fields.count
      fields.insert((id, value), at: index)
    }
  }

  mutating func remove(_ id: Int) { fields.removeAll { $0.id == id } }

  /// Adds to a whole number, if the field is there.
  mutating func shift(_ id: Int, by delta: Int) {
    guard case .integer(let kind, let value)? = self[id] else { return }
    set(id, .integer(kind: kind, value + Int64(delta)))
  }
}

/// Bytes that are no Thrift.
struct ThriftError: Error {
  let offset: Int
}

/// Reads structures. Types: 1 true, 2 false, 3 byte, 4-6 i16-i64, 7 double, 8 binary, 9 list, 10 set, 12 struct.
struct ThriftReader {
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func structure(depth: Int = 0) throws(ThriftError) -> ThriftStruct {
    guard depth < 64 else { throw failure }
    var result = ThriftStruct()
    var last = 0
    while true {
      let header = try next()
      guard header != 0 else { return result }
      let delta = Int(header >> 4)
      last = delta == 0 ? Int(try zigzag()) : last + delta
      result.fields.append((last, try value(header & 15, depth, inList: false)))
    }
  }

  private mutating func value(_ kind: UInt8, _ depth: Int, inList: Bool) throws(ThriftError) -> ThriftValue {
    switch kind {
    case 1 where inList, 2 where inList: return .bool(try next() == 1)
    case 1: return .bool(true)
    case 2: return .bool(false)
    case 3: return .byte(try next())
    case 4, 5, 6: return .integer(kind: kind, try zigzag())
    case 7: return .double(try take(8))
    case 8: return .binary(try take(Int(clamping: try varint())))
    case 9, 10: return try list(kind == 10, depth)
    case 12: return .structure(try structure(depth: depth + 1))
    default: throw failure
    }
  }

  private mutating func list(_ isSet: Bool, _ depth: Int) throws(ThriftError) -> ThriftValue {
    guard depth < 64 else { throw failure }
    let header = try next()
    let count = header >> 4 == 15 ? Int(clamping: try varint()) : Int(header >> 4)
    guard count <= bytes.count - position else { throw failure }
    var elements: [ThriftValue] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try value(header & 15, depth + 1, inList: true)) }
    return .list(kind: header & 15, isSet: isSet, elements)
  }

  private mutating func zigzag() throws(ThriftError) -> Int64 {
    let raw = try varint()
    return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
  }

  private mutating func varint() throws(ThriftError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try next()
      result |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return result }
    }
    throw failure
  }

  private mutating func next() throws(ThriftError) -> UInt8 {
    guard position < bytes.count else { throw failure }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func take(_ count: Int) throws(ThriftError) -> [UInt8] {
    guard count >= 0, count <= bytes.count - position else { throw failure }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  private var failure: ThriftError { ThriftError(offset: position) }
}

/// Writes structures.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ structure: ThriftStruct) {
    var last = 0
    for (id, value) in structure.fields {
      let kind = Self.kind(value)
      let delta = id - last
      if (1...15).contains(delta) {
        bytes.append(UInt8(delta) << 4 | kind)
      } else {
        bytes.append(kind)
        zigzag(Int64(id))
      }
      last = id
      // The kind of a boolean field is its value.
      if case .bool = value { continue }
      write(value)
    }
    bytes.append(0)
  }

  private mutating func write(_ value: ThriftValue) {
    switch value {
    case .bool(let value): bytes.append(value ? 1 : 2)
    case .byte(let value): bytes.append(value)
    case .integer(_, let value): zigzag(value)
    case .double(let raw): bytes += raw
    case .binary(let raw):
      varint(UInt64(raw.count))
      bytes += raw
    case .list(let kind, _, let elements):
      if elements.count < 15 {
        bytes.append(UInt8(elements.count) << 4 | kind)
      } else {
        bytes.append(0xf0 | kind)
        varint(UInt64(elements.count))
      }
      for element in elements { write(element) }
    case .structure(let value): write(value)
    }
  }

  private static func kind(_ value: ThriftValue) -> UInt8 {
    switch value {
    case .bool(let value): value ? 1 : 2
    case .byte: 3
    case .integer(let kind, _): kind
    case .double: 7
    case .binary: 8
    case .list(_, let isSet, _): isSet ? 10 : 9
    case .structure: 12
    }
  }

  private mutating func zigzag(_ value: Int64) {
    varint(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
