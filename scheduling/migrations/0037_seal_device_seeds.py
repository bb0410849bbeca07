"""Seeds of fixed devices are kept sealed under a key made from SECRET_KEY (homecare/sealed.py)."""

from django.db import migrations

from homecare.sealed import seal, unseal

PURPOSE = "fixed_device"


def change(apps, turn):
    devices = apps.get_model("scheduling", "FixedDevice").objects.all()
    rows = list(devices)
    for device in rows:
        device.sealed_secret = turn(device.sealed_secret, PURPOSE)
    devices.bulk_update(rows, ["sealed_secret"])


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0036_device_seed_column"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, editor: change(apps, seal), lambda apps, editor: change(apps, unseal), elidable=False
        )
    ]
