# stands for verify.py
