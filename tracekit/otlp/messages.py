"""Protobuf messages of OTLP, of which text that is not UTF-8 costs no more than the characters that it is not. Pure.

Protobuf refuses a whole request for one such text, and senders do cut texts in the middle of a character. The classes
made here are the generated ones, field by field and byte by byte on the wire, but with bytes in place of text.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError as ProtobufDecodeError
from google.protobuf.message import Message

from tracekit.errors import DecodeError

M = TypeVar("M", bound=Message)


@cache
def lenient(original: type[Message], *, unread: frozenset[str] = frozenset()) -> type[Any]:
    """The message class `original` with bytes in place of text, in it and in all that it is made of.

    Args:
        original: a generated class.
        unread: names of message fields that are left as the bytes they came in.
    """
    pool = descriptor_pool.DescriptorPool()
    _add(pool, original.DESCRIPTOR.file, unread, set())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(original.DESCRIPTOR.full_name))


def parse(kind: type[Any], body: bytes) -> Any:
    """The message of class `kind` that a body is.

    Raises:
        DecodeError: it is none.
    """
    try:
        return kind.FromString(body)
    except ProtobufDecodeError as error:
        raise DecodeError(
            f"the body ({len(body)} bytes) is no {kind.DESCRIPTOR.name} in protobuf: {str(error).rstrip('.')}. "
            "Is its Content-Type the right one?"
        ) from error


def read(kind: type[M], body: bytes) -> M:
    """The message of a generated class that a body is, with U+FFFD for what is no character.

    Raises:
        DecodeError: it is none.
    """
    try:
        return kind.FromString(body)
    except ProtobufDecodeError:
        message = parse(lenient(kind), body)
    _mend(message, kind.DESCRIPTOR)
    return parse(kind, message.SerializeToString())


def text(data: bytes) -> str:
    """Text of a lenient message, with U+FFFD for what is no character."""
    return data.decode(errors="replace")


def _mend(message: Any, original: Any) -> None:
    for field, value in message.ListFields():
        meant = original.fields_by_name[field.name]
        if meant.message_type is not None:
            for item in value if meant.is_repeated else (value,):
                _mend(item, meant.message_type)
        elif meant.type == FieldDescriptor.TYPE_STRING and meant.is_repeated:
            value[:] = [text(item).encode() for item in value]
        elif meant.type == FieldDescriptor.TYPE_STRING:
            setattr(message, field.name, text(value).encode())


def _add(pool: descriptor_pool.DescriptorPool, file: Any, unread: Collection[str], done: set[str]) -> None:
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
