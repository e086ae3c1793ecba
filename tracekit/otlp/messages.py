"""OTLP's messages as they are read here: the same bytes on the wire, with text that need not be UTF-8.

Protobuf refuses a whole request for one text that is not UTF-8. OTLP's senders cut texts in the middle of a character,
so these classes take any bytes where the originals take text, and whoever reads them replaces what is no character.
They are made from the originals' descriptors, field by field. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import Message

from tracekit.errors import DecodeError


def lenient(original: type[Message], *, unread: Collection[str] = ()) -> type[Any]:
    """The message class `original` with bytes in place of text, in it and in all that it is made of.

    Args:
        original: a generated class.
        unread: names of message fields that are left as the bytes they came in.
    """
    pool = descriptor_pool.DescriptorPool()
    _add(pool, original.DESCRIPTOR.file, unread, set())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(original.DESCRIPTOR.full_name))


def parse(kind: type[Any], body: bytes, what: str) -> Any:
    """The message in `body`.

    Raises:
        DecodeError: it is none; `what` says in the sentence what was expected.
    """
    try:
        return kind.FromString(body)
    except ProtobufDecodeError as error:
        raise DecodeError(
            f"the body ({len(body)} bytes) is not an OTLP request of {what} in protobuf: {error}. "
            "If it is JSON, send it as Content-Type application/json."
        ) from error


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor, unread: Collection[str], done: set[str]) -> None:
    if file.name in done:
        return
    done.add(file.name)
    for needed in file.dependencies:
        _add(pool, needed, unread, done)
    copy = FileDescriptorProto()
    file.CopyToProto(copy)
    for message in copy.message_type:
        _loosen(message, unread)
    pool.AddSerializedFile(copy.SerializeToString())


def _loosen(message: DescriptorProto, unread: Collection[str]) -> None:
    for field in message.field:
        if field.type == FieldDescriptorProto.TYPE_STRING or field.name in unread:
            field.type = FieldDescriptorProto.TYPE_BYTES
            field.ClearField("type_name")
    for nested in message.nested_type:
        _loosen(nested, unread)
