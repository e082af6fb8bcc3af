"""Pictures as phones and programs make them, each with the place it was taken at, and other words, inside."""

import base64
import io
import zlib

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRETS = (b"FotoCamera", b"Calenzano", b"2026:11:25")
"""What is inside of each and nobody is to learn: the phone, the place, the day."""
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><place>Calenzano</place></x:xmpmeta>'

HEIC = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0005VZDn*}000000000XXk=`10000000000aA{+700000000000000000000G-+&aV*mgE"
    "07O6l0ssL300001>;M4(00000002V(0ssI200J)n0RR9100000#sB~SIB98aW&i*H00062000$fZf0cy000000RRAKc4ILB0000LX>Mj^"
    "0ssI300IC2MR;ju000004sdC7Z2$lO00031009SSaB^?}008D`aAR)(004Gqc4I>U18@KU0FVFx0000U@BsY%`1k+-4+CHT0RR|40Sp2E"
    "{{wIU00RJ!0009300RIXx&lC90096hLID8-Z~y=U0FVFx0{{R603M(qfd!W8<fgf}2xu@M00096AOHXZ03l)k0RRR>0l{;?i2wiq6Ju{|"
    "a&BX6cmM$a4FCp!0000KX>)L8000000000$0000$0000eV{Bn?0000$000010000W000010000000002|NsBs000020000GaA|mH00000"
    "0|*ER00009X>xCL0{{R38EJ5BVE_OC000000RRC8fdT^sgoXeB02*m>Wo7^X0000001jhhb7KGk009620003IZDe6|0000#C;_in=Je{n"
    "|K~fu|0+Ep_9YkB|Kh9Fe^EP6{9z?YEkU6;L#R_(74!lBU(yh?fqv;E&m1F%@ZIX{!J-rZ000I>cxh$;08LE*DgXcg2mk{C4*&uH000XB"
    "001%p5&#1L000311^@tvB>)5f00031002G!0000+Z**@%VQpn{VE_OC1pom60ssI20!{z`000621poj50{{R3fB*vk0ssI20!07-000C4"
    "1poj50{{R3m;fCB0ssI23jhEBumAu600000D*ylh0RR91GXMYp0RR91B>(^b0RR913jhEB0RR912><{90RR91EC2ui0WvT$HaameIx;l?"
    "00"
)
"""64 pixels wide as it lies on the sensor, red to the left; the phone was held upright. Made by `pillow-heif`, which
can write it and is not among our dependencies."""


def scene(wide: int = 64, high: int = 32, mode: str = "RGB") -> Image.Image:
    """Red to the left, blue to the right."""
    picture = Image.new(mode, (wide, high), "blue")
    picture.paste("red", (0, 0, wide // 2, high))
    return picture


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone writes: itself, how it was held, where it was, and when."""
    found = Image.Exif()
    found[0x010F], found[0x0112], found[0x010E] = "FotoCamera", orientation, "Calenzano"
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (43.0, 51.0, 37.0), "E", (11.0, 9.0, 44.0)
    place[29] = "2026:11:25"
    return found


def jpeg(orientation: int = 1, picture: Image.Image | None = None) -> bytes:
    """A photo; by ``orientation`` 6 the phone was held upright: red is then above."""
    out = io.BytesIO()
    picture = picture or scene()
    picture.save(out, "JPEG", quality=93, exif=exif(orientation), xmp=_XMP, comment=b"Calenzano")
    return out.getvalue() + b"ftypmp42 a film of Calenzano behind the photo"


def png(picture: Image.Image | None = None) -> bytes:
    """A screenshot that was worked on."""
    out, words = io.BytesIO(), PngInfo()
    words.add_text("Comment", "Calenzano")
    words.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    (picture or scene()).save(out, "PNG", exif=exif(), pnginfo=words)
    return out.getvalue() + b"Calenzano"


def webp() -> bytes:
    """As some phones and most programs make them."""
    out = io.BytesIO()
    scene().save(out, "WEBP", exif=exif().tobytes(), xmp=_XMP, lossless=True)
    return out.getvalue()


def moving(kind: str) -> bytes:
    """Three frames, half a second each but the second."""
    out = io.BytesIO()
    frames = [scene(), scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT), scene()]
    frames[0].save(
        out, kind, save_all=True, append_images=frames[1:], duration=[500, 250, 500], loop=0,
        **({"comment": b"Calenzano"} if kind == "GIF" else {"exif": exif().tobytes()}),
    )  # fmt: skip
    return out.getvalue()


def bomb() -> bytes:
    """A few kilobytes that say they are 900 million pixels, and have only the beginning of these."""
    whole = png(Image.new("1", (8, 8)))
    head = bytearray(whole[:33])
    head[16:24] = (30_000).to_bytes(4, "big") * 2
    head[29:33] = zlib.crc32(bytes(head[12:29])).to_bytes(4, "big")
    return bytes(head) + whole[33:]


def opened(content: bytes) -> Image.Image:
    """The picture, read whole."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture
