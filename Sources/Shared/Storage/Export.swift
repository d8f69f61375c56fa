import CArrow
import Glibc

/// Hands record batches and schemas to Arrow C++ through the C data interface.
///
/// What is exported is one object that holds all structures; the top one's release callback lets go of it. The columns'
/// own memory is kept alive by the same object, and never copied.
final class ExportedBatch {
  private let batch: RecordBatch
  private let children: UnsafeMutablePointer<ArrowArray>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
  private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>

  static func export(_ batch: RecordBatch) -> ArrowArray {
    let exported = ExportedBatch(batch)
    return ArrowArray(
      length: Int64(batch.rows), null_count: 0, offset: 0, n_buffers: 1,
      n_children: Int64(batch.columns.count), buffers: exported.buffers,
      children: exported.pointers, dictionary: nil,
      release: { array in
        guard let array, let data = array.pointee.private_data else { return }
        array.pointee.release = nil
        Unmanaged<ExportedBatch>.fromOpaque(data).release()
      },
      private_data: Unmanaged.passRetained(exported).toOpaque())
  }

  private init(_ batch: RecordBatch) {
    self.batch = batch
    children = .allocate(capacity: batch.columns.count)
    pointers = .allocate(capacity: batch.columns.count)
    buffers = .allocate(capacity: 1)
    buffers.initialize(to: nil)
    for (index, column) in batch.columns.enumerated() {
      (children + index).initialize(to: Self.slice(of: column))
      (pointers + index).initialize(to: children + index)
    }
  }

  deinit {
    children.deallocate()
    pointers.deallocate()
    buffers.deallocate()
  }

  private static func slice(of column: Column) -> ArrowArray {
    var array = column.array.pointee
    array.offset = Int64(column.start)
    array.length = Int64(column.rows)
    // -1 makes the receiver count; a slice need not have the nulls of the whole.
    array.null_count = array.null_count == 0 ? 0 : -1
    array.private_data = nil
    // The parent holds the memory; the interface only asks that a child be marked as released.
    array.release = { $0?.pointee.release = nil }
    return array
  }
}

/// A schema for the shim, as a struct type.
final class ExportedSchema {
  private let strings: [UnsafeMutablePointer<CChar>?]
  private let children: UnsafeMutablePointer<ArrowSchema>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>

  static func export(_ fields: [Field]) -> ArrowSchema {
    let exported = ExportedSchema(fields)
    return ArrowSchema(
      format: exported.strings[0], name: exported.strings[1], metadata: nil, flags: 0,
      n_children: Int64(fields.count), children: exported.pointers, dictionary: nil,
      release: { schema in
        guard let schema, let data = schema.pointee.private_data else { return }
        schema.pointee.release = nil
        Unmanaged<ExportedSchema>.fromOpaque(data).release()
      },
      private_data: Unmanaged.passRetained(exported).toOpaque())
  }

  private init(_ fields: [Field]) {
    let texts = ["+s", ""] + fields.flatMap { [$0.type.format, $0.name] }
    strings = texts.map { strdup($0) }
    children = .allocate(capacity: fields.count)
    pointers = .allocate(capacity: fields.count)
    for (index, field) in fields.enumerated() {
      let schema = ArrowSchema(
        format: strings[2 + 2 * index], name: strings[3 + 2 * index], metadata: nil,
        flags: field.nullable ? Int64(ARROW_FLAG_NULLABLE) : 0, n_children: 0, children: nil,
        dictionary: nil, release: { $0?.pointee.release = nil }, private_data: nil)
      (children + index).initialize(to: schema)
      (pointers + index).initialize(to: children + index)
    }
  }

  deinit {
    for string in strings { free(string) }
    children.deallocate()
    pointers.deallocate()
  }
}
